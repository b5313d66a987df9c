// mulShift of the integer arithmetic: z = floor((x y + 2^(s-1)) / 2^s), for one vector lane.
//
//   x, y -> [x y in] -> [product] -> [product] -> [coarse shift] -> [fine shift] -> [round] -> z
//   s    -> [s - 1 ] ->    [ ]    ->    [ ]    ------^                   ^
//   edge       1            2            3             4               5            6
//
// x and y are signed 32-bit integers, s is 1 to 63 (the arithmetic uses 9 to 62) and belongs to
// the x and y of the same edge. SATURATE 0: z is the low 32 bits of the result, which the
// arithmetic proves to fit. SATURATE 1: z is the result clamped to +-(2^30 - 1), however large.
// Latency: six enabled edges. Throughput: one a cycle. en low holds everything. Nothing is reset.
//
// The registers before and after the multiplication are free for a tool to move into the DSP
// blocks. The shift by s - 1 leaves one bit for the rounding, see sterna_shift_round.
`default_nettype none

module sterna_mul_shift #(
    parameter SATURATE = 0  // 0: low 32 bits, 1: clamp
) (
    input  wire               clk,
    input  wire               en,
    input  wire signed [31:0] x,
    input  wire signed [31:0] y,
    input  wire        [ 5:0] s,
    output wire        [31:0] z
);

  reg signed [31:0] x1;
  reg signed [31:0] y1;
  reg signed [63:0] product2;
  reg signed [63:0] product3;
  reg signed [47:0] coarse4;
  reg [5:0] amount1;
  reg [5:0] amount2;
  reg [5:0] amount3;
  reg [3:0] fine4;
  reg over4;
  reg negative4;

  always @(posedge clk) begin
    if (en) begin
      x1 <= x;
      y1 <= y;
      amount1 <= s - 6'd1;

      product2 <= x1 * y1;
      amount2 <= amount1;

      product3 <= product2;
      amount3 <= amount2;

      case (amount3[5:4])
        2'd0: coarse4 <= product3[47:0];
        2'd1: coarse4 <= product3[63:16];
        2'd2: coarse4 <= {{16{product3[63]}}, product3[63:32]};
        default: coarse4 <= {{32{product3[63]}}, product3[63:48]};
      endcase
      fine4 <= amount3[3:0];
      over4 <= amount3[5:4] == 2'd0 && product3[63:47] != {17{product3[63]}};
      negative4 <= product3[63];
    end
  end

  sterna_shift_round #(
      .SATURATE(SATURATE)
  ) round (
      .clk(clk),
      .en(en),
      .value(coarse4),
      .fine(fine4),
      .over(over4),
      .negative(negative4),
      .z(z)
  );

endmodule

`default_nettype wire
