// Rounds an element of a vector to a mantissa: value = floor((x + 2^(shift-1)) / 2^shift), x itself
// where shift is 0; and the shift that a vector needs, from the largest magnitude in it. Both are
// combinational.
`default_nettype none

module sterna_mantissa (
    input  wire signed [31:0] x,
    input  wire        [ 4:0] shift,         // 0 to 16
    output wire        [15:0] value,
    input  wire        [29:0] largest,
    output reg         [ 4:0] largest_shift  // bits of largest less 14, 0 at least
);

  wire [31:0] half = (32'd1 << shift) >> 1;
  wire signed [31:0] moved = (x + $signed(half)) >>> shift;
  wire unused = &{1'b0, moved[31:16], largest[13:0]};

  assign value = moved[15:0];

  integer i;

  always @* begin
    largest_shift = 5'd0;
    for (i = 14; i < 30; i = i + 1) begin
      if (largest[i]) largest_shift = i[4:0] - 5'd13;
    end
  end

endmodule

`default_nettype wire
