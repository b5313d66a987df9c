// The multiplier of a vector lane: z = floor((x y + 2^(s-1)) / 2^s), clamped to 32 bits; s 0 is
// the product itself.
//
//   x, y -> [product] -> [product] -> [coarse shift] -> [fine shift] -> [round, clamp] -> z
//   s    ->    [ ]    ->    [ ]    ------^                   ^
//   edge        1            2            3             4               5
//
// x and y are signed 32-bit integers and come from registers, s is 0 to 63 and belongs to the x and
// y of the same edge. The clamp is that of 32 bits and not of the arithmetic's 30, because the
// lane still adds to the result: a state moves by up to twice its own range.
// Latency: five enabled edges. Throughput: one a cycle. en low holds everything. Nothing is reset.
//
// With the product taken times two, a right shift by s leaves one bit for the rounding, which adds
// one half without a second long adder, and nothing when s is 0.
`default_nettype none

module sterna_vector_multiply (
    input  wire               clk,
    input  wire               en,
    input  wire signed [31:0] x,
    input  wire signed [31:0] y,
    input  wire        [ 5:0] s,
    output reg         [31:0] z
);

  reg signed [63:0] product1;
  reg signed [63:0] product2;
  reg [5:0] amount1;
  reg [5:0] amount2;
  reg signed [48:0] coarse3;
  reg [3:0] fine3;
  reg over3;  // bits above coarse3 were lost: the result is out of range
  reg negative3;
  reg signed [32:0] twice4;
  reg over4;
  reg negative4;

  wire signed [48:0] moved3 = coarse3 >>> fine3;
  wire signed [33:0] next4 = {twice4[32], twice4} + 34'sd1;
  wire unused = next4[0];

  always @(posedge clk) begin
    if (en) begin
      product1 <= x * y;
      amount1  <= s;

      product2 <= product1;
      amount2  <= amount1;

      case (amount2[5:4])
        2'd0: begin
          coarse3 <= {product2[47:0], 1'b0};
          over3   <= product2[63:47] != {17{product2[63]}};
        end
        2'd1: begin
          coarse3 <= product2[63:15];
          over3   <= 1'b0;
        end
        2'd2: begin
          coarse3 <= {{16{product2[63]}}, product2[63:31]};
          over3   <= 1'b0;
        end
        default: begin
          coarse3 <= {{32{product2[63]}}, product2[63:47]};
          over3   <= 1'b0;
        end
      endcase
      fine3 <= amount2[3:0];
      negative3 <= product2[63];

      twice4 <= moved3[32:0];
      over4 <= over3 || moved3[48:32] != {17{moved3[48]}};
      negative4 <= negative3;

      if (over4 || (next4[33] != next4[32])) z <= negative4 ? 32'h80000000 : 32'h7fffffff;
      else z <= next4[32:1];
    end
  end

endmodule

`default_nettype wire
