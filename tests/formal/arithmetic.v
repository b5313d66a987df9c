// What combinational and pipelined arithmetic has to give, written as ARITHMETIC.md says it: one
// expression at full width, moved to where the module's result appears. A product is taken from
// registers like those of the module, so that a solver sees the same product on both sides and
// need not multiply; all else is compared bit by bit.
`default_nettype none

module formal_trits_base3 (
    input wire [7:0] code_byte
);

  wire [4:0] nonzero;
  wire [4:0] negative;

  sterna_trits_base3 dut (
      .code_byte(code_byte),
      .nonzero  (nonzero),
      .negative (negative)
  );

  // A trit plus 1.
  function [7:0] digit(input on, input minus);
    digit = !on ? 8'd1 : minus ? 8'd0 : 8'd2;
  endfunction

  wire [7:0] sum = digit(nonzero[0], negative[0]) + 8'd3 * digit(nonzero[1], negative[1]) +
                   8'd9 * digit(nonzero[2], negative[2]) + 8'd27 * digit(nonzero[3], negative[3]) +
                   8'd81 * digit(nonzero[4], negative[4]);

  always @* begin
    assert ((negative & ~nonzero) == 5'd0);
    if (code_byte < 8'd243) assert (sum == code_byte);
    else assert (nonzero == 5'd0);
  end

endmodule

module formal_trits_2bit (
    input wire [7:0] code_byte
);

  wire [3:0] nonzero;
  wire [3:0] negative;

  sterna_trits_2bit dut (
      .code_byte(code_byte),
      .nonzero  (nonzero),
      .negative (negative)
  );

  genvar j;
  generate
    for (j = 0; j < 4; j = j + 1) begin : trit
      wire [1:0] field = code_byte[2*j+:2];
      always @* begin
        assert (nonzero[j] == (field == 2'd0 || field == 2'd2));
        assert (negative[j] == (field == 2'd0));
      end
    end
  endgenerate

endmodule

module formal_mantissa (
    input wire signed [31:0] x,
    input wire        [29:0] largest
);

  localparam signed [31:0] TOP = 32'sd1073741823;

  wire [15:0] value;
  wire [4:0] shift;

  sterna_mantissa dut (
      .x(x),
      .shift(shift),
      .value(value),
      .largest(largest),
      .largest_shift(shift)
  );

  // bits(largest) by halving.
  reg [5:0] bits;
  integer i;
  always @* begin
    bits = 6'd0;
    for (i = 0; i < 30; i = i + 1) if ((largest >> i) != 30'd0) bits = bits + 6'd1;
  end

  wire signed [32:0] wide = x;
  wire signed [32:0] rounded = (wide + ((33'sd1 <<< shift) >>> 1)) >>> shift;
  wire signed [32:0] size = x < 0 ? -wide : wide;

  always @* begin
    assert (shift == (bits > 6'd14 ? bits - 6'd14 : 6'd0));
    // An element of the vector whose largest magnitude this is.
    if (size <= $signed({3'd0, largest})) begin
      assert ($signed(value) == rounded);
      assert (rounded >= -33'sd16384 && rounded <= 33'sd16384);
    end
  end

  wire unused = &{1'b0, TOP};

endmodule

module formal_shift_round #(
    parameter SATURATE = 1
) (
    input wire               clk,
    input wire               en,
    input wire signed [47:0] value,
    input wire        [ 3:0] fine,
    input wire               over,
    input wire               negative
);

  localparam signed [48:0] TOP = 49'sd1073741823;

  wire [31:0] z;
  wire [31:0] expected;

  sterna_shift_round #(
      .SATURATE(SATURATE)
  ) dut (
      .clk(clk),
      .en(en),
      .value(value),
      .fine(fine),
      .over(over),
      .negative(negative),
      .z(z)
  );

  wire signed [48:0] moved = value >>> fine;
  wire signed [48:0] rounded = (moved + 49'sd1) >>> 1;
  wire signed [48:0] clamped = over ? (negative ? -TOP : TOP) :
                               rounded > TOP ? TOP : rounded < -TOP ? -TOP : rounded;
  wire [31:0] result = SATURATE ? clamped[31:0] : rounded[31:0];

  formal_delay #(
      .WIDTH(32),
      .DELAY(2)
  ) delay (
      .clk(clk),
      .en (en),
      .in (result),
      .out(expected)
  );

  formal_compare #(
      .WIDTH(32),
      .LATENCY(2)
  ) compare (
      .clk(clk),
      .en(en),
      .out(z),
      .expected(expected),
      .counts(1'b1)
  );

  always @* if (!over) assume (negative == value[47]);

endmodule

module formal_mul_shift #(
    parameter SATURATE = 0
) (
    input wire               clk,
    input wire               en,
    input wire signed [31:0] x,
    input wire signed [31:0] y,
    input wire        [ 5:0] s
);

  localparam signed [65:0] TOP = 66'sd1073741823;

  wire [31:0] z;
  wire [31:0] expected;

  sterna_mul_shift #(
      .SATURATE(SATURATE)
  ) dut (
      .clk(clk),
      .en(en),
      .x(x),
      .y(y),
      .s(s),
      .z(z)
  );

  reg signed [31:0] x1;
  reg signed [31:0] y1;
  reg [5:0] s1;
  always @(posedge clk) begin
    if (en) begin
      x1 <= x;
      y1 <= y;
      s1 <= s;
    end
  end

  wire signed [63:0] product = x1 * y1;
  wire signed [65:0] rounded = ($signed({{2{product[63]}}, product}) +
                                (66'sd1 <<< (s1 - 6'd1))) >>> s1;
  wire signed [65:0] clamped = rounded > TOP ? TOP : rounded < -TOP ? -TOP : rounded;
  wire [31:0] result = SATURATE ? clamped[31:0] : rounded[31:0];

  formal_delay #(
      .WIDTH(32),
      .DELAY(5)
  ) delay (
      .clk(clk),
      .en (en),
      .in (result),
      .out(expected)
  );

  formal_compare #(
      .WIDTH(32),
      .LATENCY(6)
  ) compare (
      .clk(clk),
      .en(en),
      .out(z),
      .expected(expected),
      .counts(1'b1)
  );

  always @* assume (s != 6'd0);

endmodule

module formal_vector_multiply (
    input wire               clk,
    input wire               en,
    input wire signed [31:0] x,
    input wire signed [31:0] y,
    input wire        [ 5:0] s
);

  localparam signed [65:0] TOP = 66'sd2147483647;

  wire [31:0] z;
  wire [31:0] expected;

  sterna_vector_multiply dut (
      .clk(clk),
      .en(en),
      .x(x),
      .y(y),
      .s(s),
      .z(z)
  );

  wire signed [63:0] product = x * y;
  wire signed [65:0] half = s == 6'd0 ? 66'sd0 : 66'sd1 <<< (s - 6'd1);
  wire signed [65:0] rounded = ($signed({{2{product[63]}}, product}) + half) >>> s;
  wire signed [65:0] clamped = rounded > TOP ? TOP : rounded < -TOP - 66'sd1 ? -TOP - 66'sd1 :
                               rounded;

  formal_delay #(
      .WIDTH(32),
      .DELAY(5)
  ) delay (
      .clk(clk),
      .en (en),
      .in (clamped[31:0]),
      .out(expected)
  );

  formal_compare #(
      .WIDTH(32),
      .LATENCY(5)
  ) compare (
      .clk(clk),
      .en(en),
      .out(z),
      .expected(expected),
      .counts(1'b1)
  );

endmodule

module formal_scale (
    input wire               clk,
    input wire               en,
    input wire signed [31:0] x,
    input wire        [15:0] m,
    input wire signed [11:0] e
);

  localparam signed [79:0] TOP = 80'sd1073741823;

  wire [31:0] z;
  wire [31:0] expected;

  sterna_scale dut (
      .clk(clk),
      .en(en),
      .x(x),
      .m(m),
      .e(e),
      .z(z)
  );

  reg signed [31:0] x1;
  reg signed [16:0] m1;
  reg signed [11:0] e1;
  always @(posedge clk) begin
    if (en) begin
      x1 <= x;
      m1 <= {1'b0, m};
      e1 <= e;
    end
  end

  wire signed [48:0] product = x1 * m1;
  wire signed [79:0] wide = $signed({{31{product[48]}}, product});
  wire signed [12:0] right = -$signed({e1[11], e1});
  reg signed [79:0] exact;

  always @* begin
    if (e1 < -12'sd62) exact = 80'sd0;
    else if (e1 < 12'sd0) exact = (wide + (80'sd1 <<< (right[5:0] - 6'd1))) >>> right[5:0];
    else if (e1 < 12'sd31) exact = wide <<< e1[4:0];
    else exact = product == 49'sd0 ? 80'sd0 : product[48] ? -TOP : TOP;
  end

  wire signed [79:0] clamped = exact > TOP ? TOP : exact < -TOP ? -TOP : exact;

  // 32 bits times 16 fit 48.
  always @* assume (product[48] == product[47]);

  formal_delay #(
      .WIDTH(32),
      .DELAY(5)
  ) delay (
      .clk(clk),
      .en (en),
      .in (clamped[31:0]),
      .out(expected)
  );

  formal_compare #(
      .WIDTH(32),
      .LATENCY(6)
  ) compare (
      .clk(clk),
      .en(en),
      .out(z),
      .expected(expected),
      .counts(1'b1)
  );

endmodule

`default_nettype wire
