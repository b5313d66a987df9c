// Ternary processing element: one row of a matrix times the codes of a vector, one byte of packed
// trits at a time.
//
//   code_byte -> decode -> [trits] -> select -> [pair sums] -> [sum] -> [acc]
//   codes (one enabled edge later) ------^
//   valid, first -> [ ] -> [ ] -> [ ] -------------------------------------^
//   edge            1                            2              3         4
//
// A byte holds 5 trits (base 3) or 4 (2 bits). codes holds five signed bytes a batch lane, code j
// of lane b at bits 40b+8j+7..40b+8j; the fifth is ignored with the 2-bit packing. Trit j of the
// byte multiplies code j. For a byte with valid, each lane's accumulator becomes
// (first ? 0 : acc) + the sum of its products; without valid it stays.
//
// Latency: code_byte, valid and first are sampled together at one enabled edge, the codes that
// belong to them at the next enabled edge (one register that all PEs share delays them; it would
// be 40 flip-flops in each PE), and acc holds the result from the fourth enabled edge on.
// Throughput: one byte a cycle. en low holds everything. Only valid's registers are reset.
//
// Negation is exact without an adder: a selected code is inverted, and its "plus 1" goes into the
// carry input of one of the five adders of the tree and the accumulator. Codes may be -128.
`default_nettype none

module sterna_pe #(
    parameter BASE3 = 1,  // 1: five trits a byte, base 3; 0: four trits a byte, 2 bits
    parameter BATCH = 1,  // vectors that share the weights, 1 or more
    parameter ACC   = 24  // bits of an accumulator; 24 holds 65,536 codes of at most 127
) (
    input  wire                 clk,
    input  wire                 rst,
    input  wire                 en,
    input  wire                 valid,
    input  wire                 first,
    input  wire [          7:0] code_byte,
    input  wire [ 40*BATCH-1:0] codes,
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
  reg [2:0] minus2;  // the carries of the later adders
  reg minus3;
  reg [2:0] valid_at;  // after edges 3, 2 and 1
  reg [2:0] first_at;

  always @(posedge clk) begin
    if (en) begin
      mask <= nonzero;
      minus <= negative;
      minus2 <= minus[4:2];
      minus3 <= minus2[2];
      first_at <= {first_at[1:0], first};
      valid_at <= {valid_at[1:0], valid};
    end
    if (rst) valid_at <= 3'd0;
  end

  genvar b;
  generate
    for (b = 0; b < BATCH; b = b + 1) begin : lane
      wire signed [7:0] term0 = (codes[40*b+:8] ^ {8{minus[0]}}) & {8{mask[0]}};
      wire signed [7:0] term1 = (codes[40*b+8+:8] ^ {8{minus[1]}}) & {8{mask[1]}};
      wire signed [7:0] term2 = (codes[40*b+16+:8] ^ {8{minus[2]}}) & {8{mask[2]}};
      wire signed [7:0] term3 = (codes[40*b+24+:8] ^ {8{minus[3]}}) & {8{mask[3]}};
      wire signed [7:0] term4 = (codes[40*b+32+:8] ^ {8{minus[4]}}) & {8{mask[4]}};

      reg signed [8:0] pair01;
      reg signed [8:0] pair23;
      reg signed [7:0] last;
      reg signed [10:0] sum;
      reg signed [ACC-1:0] total;

      wire signed [10:0] pairs = {{2{pair01[8]}}, pair01} + {{2{pair23[8]}}, pair23};
      wire signed [10:0] last_wide = {{3{last[7]}}, last};
      wire signed [ACC-1:0] start = first_at[2] ? {ACC{1'b0}} : total;
      wire signed [ACC-1:0] sum_wide = {{ACC - 11{sum[10]}}, sum};

      assign acc[ACC*b+:ACC] = total;

      always @(posedge clk) begin
        if (en) begin
          pair01 <= {term0[7], term0} + {term1[7], term1} + {8'd0, minus[0]};
          pair23 <= {term2[7], term2} + {term3[7], term3} + {8'd0, minus[1]};
          last <= term4;
          sum <= (pairs + {10'd0, minus2[0]}) + (last_wide + {10'd0, minus2[1]});
          if (valid_at[2]) total <= start + sum_wide + {{ACC - 1{1'b0}}, minus3};
        end
      end
    end
  endgenerate

endmodule

`default_nettype wire
