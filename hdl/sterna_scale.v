// scale of the integer arithmetic: z = x m 2^e, rounded and clamped to +-(2^30 - 1).
//
//   x, m -> [x m in] -> [product] -> [product] -> [coarse shift] -> [fine shift] -> [round] -> z
//   e    -> [31 - e] ->    [ ]    ->    [ ]    ------^                   ^
//   edge       1            2            3             4               5            6
//
// x is a signed 32-bit integer, m an unsigned 16-bit mantissa, e a signed 12-bit exponent; all of
// them belong together at one edge. e < 0: floor((x m + 2^(-e-1)) / 2^-e). e >= 0: exact.
// With m = 2^15 and e = k - 15 it is shift(x, k).
// Latency: six enabled edges, as sterna_mul_shift. Throughput: one a cycle. en low holds
// everything. Nothing is reset.
//
// One right shift serves both signs of e: by 31 - e of the product times 2^32, which leaves one
// bit for the rounding. From e = -49 on down the result is 0, because |x m| < 2^47.
`default_nettype none

module sterna_scale (
    input  wire               clk,
    input  wire               en,
    input  wire signed [31:0] x,
    input  wire        [15:0] m,
    input  wire signed [11:0] e,
    output wire        [31:0] z
);

  reg signed [31:0] x1;
  reg signed [16:0] m1;
  reg signed [12:0] amount1;  // 31 - e
  reg signed [47:0] product2;
  reg signed [47:0] product3;
  reg [6:0] amount2;
  reg [6:0] amount3;
  reg small2;  // the result is 0 whatever the product
  reg small3;
  reg large2;  // the result is out of range unless the product is 0
  reg large3;
  reg signed [47:0] coarse4;
  reg [3:0] fine4;
  reg over4;
  reg negative4;

  wire signed [48:0] product1 = x1 * m1;
  wire unused = product1[48];  // 32 bits times 16 unsigned bits fit 48

  always @(posedge clk) begin
    if (en) begin
      x1 <= x;
      m1 <= {1'b0, m};
      amount1 <= 13'sd31 - {e[11], e};

      product2 <= product1[47:0];
      amount2 <= amount1[6:0];
      small2 <= amount1 > 13'sd79;
      large2 <= amount1 < 13'sd0;

      product3 <= product2;
      amount3 <= amount2;
      small3 <= small2;
      large3 <= large2;

      case ({small3, large3, amount3[6:4]})
        5'd0: begin
          coarse4 <= {product3[15:0], 32'd0};
          over4 <= product3[47:15] != {33{product3[47]}};
        end
        5'd1: begin
          coarse4 <= {product3[31:0], 16'd0};
          over4 <= product3[47:31] != {17{product3[47]}};
        end
        5'd2: begin
          coarse4 <= product3;
          over4 <= 1'b0;
        end
        5'd3: begin
          coarse4 <= {{16{product3[47]}}, product3[47:16]};
          over4 <= 1'b0;
        end
        5'd4: begin
          coarse4 <= {{32{product3[47]}}, product3[47:32]};
          over4 <= 1'b0;
        end
        default: begin
          coarse4 <= 48'sd0;
          over4 <= large3 && product3 != 48'sd0;
        end
      endcase
      fine4 <= amount3[3:0];
      negative4 <= product3[47];
    end
  end

  sterna_shift_round #(
      .SATURATE(1)
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
