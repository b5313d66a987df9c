// Ternary processing element: one row of a matrix times the codes of a vector, one byte of packed
// trits at a time.
//
//   code_byte --> decode --> [trits] --> select --> [three parts] --> [sum] --> [acc]
//   codes -----------------------------------^                                   ^
//   valid, first ----------------------------------------------------------------+
//   edge                        1                         2              3         4
//
// A byte holds 5 trits (base 3) or 4 (2 bits). codes holds five signed bytes a batch lane, code j
// of lane b at bits 40b+8j+7..40b+8j; the fifth is ignored with the 2-bit packing. Trit j of the
// byte multiplies code j. For a byte with valid, each lane's accumulator becomes
// (first ? 0 : acc) + the sum of its products; without valid it stays.
//
// Timing in enabled edges: code_byte is taken at edge n, its codes at edge n + 1, its valid and
// first at edge n + 3, after which acc holds the result. The caller delays codes by one register
// and valid and first by three, once for all its PEs, where each PE would spend 46 flip-flops on
// it. Throughput: one byte a cycle. en low holds everything. Nothing is reset: bytes without valid
// leave no trace.
//
// A selected code is negated by inverting it; the carry inputs of the adders and the third part
// hold the "plus 1" of each. Codes may be -128.
`default_nettype none

module sterna_pe #(
    parameter BASE3 = 1,  // 1: five trits a byte, base 3; 0: four trits a byte, 2 bits
    parameter BATCH = 1,  // vectors that share the weights, 1 or more
    parameter ACC   = 24  // bits of an accumulator; 24 holds 65,536 codes of at most 127
) (
    input  wire                 clk,
    input  wire                 en,
    input  wire [          7:0] code_byte,
    input  wire [ 40*BATCH-1:0] codes,
    input  wire                 valid,
    input  wire                 first,
    output wire [ACC*BATCH-1:0] acc
);

  initial begin
    if ((BASE3 != 0 && BASE3 != 1) || BATCH < 1 || ACC < 12) begin
      $display("Cannot build sterna_pe: BASE3 %0d, BATCH %0d, ACC %0d", BASE3, BATCH, ACC);
      $finish;
    end
  end

  wire [4:0] nonzero;
  wire [4:0] negative;

  generate
    if (BASE3 != 0) begin : decode
      sterna_trits_base3 trits (
          .code_byte(code_byte),
          .nonzero  (nonzero),
          .negative (negative)
      );
    end else begin : decode
      sterna_trits_2bit trits (
          .code_byte(code_byte),
          .nonzero  (nonzero[3:0]),
          .negative (negative[3:0])
      );
      assign nonzero[4]  = 1'b0;
      assign negative[4] = 1'b0;
    end
  endgenerate

  reg [4:0] mask;
  reg [4:0] minus;

  wire [1:0] ones = {1'b0, minus[2]} + {1'b0, minus[3]} + {1'b0, minus[4]};

  always @(posedge clk) begin
    if (en) begin
      mask  <= nonzero;
      minus <= negative;
    end
  end

  genvar b;
  generate
    for (b = 0; b < BATCH; b = b + 1) begin : lane
      wire [7:0] term0 = (codes[40*b+:8] ^ {8{minus[0]}}) & {8{mask[0]}};
      wire [7:0] term1 = (codes[40*b+8+:8] ^ {8{minus[1]}}) & {8{mask[1]}};
      wire [7:0] term2 = (codes[40*b+16+:8] ^ {8{minus[2]}}) & {8{mask[2]}};
      wire [7:0] term3 = (codes[40*b+24+:8] ^ {8{minus[3]}}) & {8{mask[3]}};
      wire [7:0] term4 = (codes[40*b+32+:8] ^ {8{minus[4]}}) & {8{mask[4]}};

      reg [8:0] part01;
      reg [8:0] part23;
      reg [8:0] part4;
      reg [10:0] sum;
      reg [ACC-1:0] total;

      wire [10:0] wide01 = {{2{part01[8]}}, part01};
      wire [10:0] wide23 = {{2{part23[8]}}, part23};
      wire [10:0] wide4 = {{2{part4[8]}}, part4};
      wire [ACC-1:0] start = first ? {ACC{1'b0}} : total;

      assign acc[ACC*b+:ACC] = total;

      always @(posedge clk) begin
        if (en) begin
          part01 <= {term0[7], term0} + {term1[7], term1} + {8'd0, minus[0]};
          part23 <= {term2[7], term2} + {term3[7], term3} + {8'd0, minus[1]};
          part4 <= {term4[7], term4} + {7'd0, ones};
          sum <= wide01 + wide23 + wide4;
          if (valid) total <= start + {{ACC - 11{sum[10]}}, sum};
        end
      end
    end
  endgenerate

endmodule

`default_nettype wire
