// The last two stages of a product: fine right shift, rounding, and clamping on request. Shared by
// sterna_mul_shift and sterna_scale.
//
//   value, fine, over, negative -> [value >>> fine] -> [(v + 1) >>> 1, clamp] -> z
//
// value is the product moved so that one bit below the binary point of the result is left after
// another right shift by fine: z = floor(((value >>> fine) + 1) / 2), which is rounding to the
// nearest with ties upwards, without a second long adder.
// SATURATE 0: z is the low 32 bits, over and negative are ignored.
// SATURATE 1: z is clamped to +-(2^30 - 1). over says that bits above value were lost, so that the
// result is out of range for certain, and negative is the product's sign.
// Latency: two enabled edges. Throughput: one a cycle. en low holds everything.
`default_nettype none

module sterna_shift_round #(
    parameter SATURATE = 1  // 0 or 1
) (
    input  wire               clk,
    input  wire               en,
    input  wire signed [47:0] value,
    input  wire        [ 3:0] fine,
    input  wire               over,
    input  wire               negative,
    output reg         [31:0] z
);

  initial begin
    if (SATURATE != 0 && SATURATE != 1) begin
      $display("Cannot build sterna_shift_round: SATURATE %0d", SATURATE);
      $finish;
    end
  end

  wire signed [47:0] moved = value >>> fine;

  generate
    if (SATURATE != 0) begin : clamp
      localparam [31:0] TOP = 32'h3fffffff;  // 2^30 - 1
      localparam [31:0] BOTTOM = 32'hc0000001;

      reg signed [31:0] twice;
      reg over_after;
      reg negative_after;

      // twice fits 32 bits or over_after is set, so only +-2^30 can be left to clamp.
      wire signed [32:0] next = {twice[31], twice} + 33'sd1;
      wire [31:0] rounded = next[32:1];
      wire unused = next[0];

      always @(posedge clk) begin
        if (en) begin
          twice <= moved[31:0];
          over_after <= over || moved[47:31] != {17{moved[47]}};
          negative_after <= negative;
          if (over_after) z <= negative_after ? BOTTOM : TOP;
          else if (rounded == TOP + 1) z <= TOP;
          else if (rounded == BOTTOM - 1) z <= BOTTOM;
          else z <= rounded;
        end
      end
    end else begin : wrap
      reg [32:0] twice;
      wire [32:0] rounded = twice + 33'd1;
      wire unused = &{1'b0, over, negative, moved[47:33], rounded[0]};

      always @(posedge clk) begin
        if (en) begin
          twice <= moved[32:0];
          z <= rounded[32:1];
        end
      end
    end
  endgenerate

endmodule

`default_nettype wire
