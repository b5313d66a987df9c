// Unsigned divider, one quotient bit a cycle: quot = floor(num / den).
//
// start, at an edge where busy is low, takes num and den. busy is high for the QUOT cycles after
// it, then done is high for one cycle with quot, and quot stays until the next start. start may
// come again in the cycle of done. start while busy is ignored.
// Latency: done rises QUOT edges after the edge that takes start. The quotient must fit QUOT bits:
// num < den 2^QUOT. den 0 gives all ones.
//
//   work = {remainder, rest of num, quotient bits}, shifted left once a cycle; den is subtracted
//   from the remainder when it fits.
`default_nettype none

module sterna_divide #(
    parameter NUM  = 32,  // bits of the numerator
    parameter DEN  = 16,  // bits of the denominator
    parameter QUOT = 32   // bits of the quotient, and cycles; at most NUM
) (
    input  wire            clk,
    input  wire            rst,
    input  wire            start,
    input  wire [ NUM-1:0] num,
    input  wire [ DEN-1:0] den,
    output reg             busy,
    output reg             done,
    output wire [QUOT-1:0] quot
);

  localparam COUNT = $clog2(QUOT);
  localparam LAST = QUOT - 1;

  initial begin
    if (DEN < 1 || QUOT < 2 || QUOT > NUM) begin
      $display("Cannot build sterna_divide: NUM %0d, DEN %0d, QUOT %0d", NUM, DEN, QUOT);
      $finish;
    end
  end

  reg [DEN+NUM-1:0] work;
  reg [DEN-1:0] divisor;
  reg [COUNT-1:0] step;

  wire [DEN:0] remainder = work[DEN+NUM-1:NUM-1];  // with the next bit of num
  wire fits = remainder >= {1'b0, divisor};
  wire [DEN-1:0] less = remainder[DEN-1:0] - divisor;

  assign quot = work[QUOT-1:0];

  always @(posedge clk) begin
    if (start && !busy) begin
      work <= {{DEN{1'b0}}, num} << (NUM - QUOT);
      divisor <= den;
    end else if (busy) begin
      work <= {fits ? less : remainder[DEN-1:0], work[NUM-2:0], fits};
    end
  end

  always @(posedge clk) begin
    done <= busy && step == LAST[COUNT-1:0];
    if (busy) step <= step + 1'b1;
    if (busy && step == LAST[COUNT-1:0]) busy <= 1'b0;
    if (start && !busy) begin
      busy <= 1'b1;
      step <= 0;
    end
    if (rst) begin
      busy <= 1'b0;
      done <= 1'b0;
    end
  end

endmodule

`default_nettype wire
