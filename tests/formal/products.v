// Sums of products: the ternary element and the products with block weights, and the sigmoid.
`default_nettype none

// The byte is made from digits, trit plus 1, that the solver picks: how a byte is decoded is a
// check of its own.
module formal_pe #(
    parameter BASE3 = 1,
    parameter ACC   = 24,
    parameter BITS  = 8   // of a code, signed
) (
    input wire           clk,
    input wire           en,
    input wire [    9:0] digits,
    input wire [   39:0] codes,
    input wire           valid,
    input wire           first
);

  wire [ACC-1:0] acc;
  wire [7:0] base3 = {6'd0, digits[1:0]} + 8'd3 * {6'd0, digits[3:2]} +
                     8'd9 * {6'd0, digits[5:4]} + 8'd27 * {6'd0, digits[7:6]} +
                     8'd81 * {6'd0, digits[9:8]};

  sterna_pe #(
      .BASE3(BASE3),
      .BATCH(1),
      .ACC  (ACC)
  ) dut (
      .clk(clk),
      .en(en),
      .code_byte(BASE3 ? base3 : digits[7:0]),
      .codes(codes),
      .valid(valid),
      .first(first),
      .acc(acc)
  );

  reg [9:0] digits_1;

  function signed [ACC-1:0] product(input [1:0] digit, input signed [7:0] code);
    product = digit == 2'd0 ? -$signed({{ACC - 8{code[7]}}, code}) :
              digit == 2'd2 ? $signed({{ACC - 8{code[7]}}, code}) : {ACC{1'b0}};
  endfunction

  wire [ACC-1:0] fifth = BASE3 ? product(digits_1[9:8], codes[39:32]) : {ACC{1'b0}};
  wire [ACC-1:0] sum_1 = product(digits_1[1:0], codes[7:0]) +
                         product(digits_1[3:2], codes[15:8]) +
                         product(digits_1[5:4], codes[23:16]) +
                         product(digits_1[7:6], codes[31:24]) + fifth;
  reg [ACC-1:0] sum_2;
  reg [ACC-1:0] sum_3;
  reg [ACC-1:0] total;
  reg [1:0] age = 2'd0;
  reg known = 1'b0;

  always @(posedge clk) begin
    if (en) begin
      digits_1 <= digits;
      sum_2 <= sum_1;
      sum_3 <= sum_2;
      if (valid) total <= (first ? {ACC{1'b0}} : total) + sum_3;
      if (valid) known <= age == 2'd3 && (first || known);
      if (age != 2'd3) age <= age + 2'd1;
    end
  end

  genvar j;
  generate
    for (j = 0; j < 5; j = j + 1) begin : each
      wire signed [7:0] code = codes[8*j+:8];
      always @* begin
        if (BASE3) assume (digits[2*j+:2] != 2'd3);
        assume (code < (8'sd1 <<< (BITS - 1)) || BITS == 8);
        assume (code >= -(8'sd1 <<< (BITS - 1)) || BITS == 8);
      end
    end
  endgenerate

  always @* begin
    assume (en);
    if (known) assert (acc == total);
  end

endmodule

module formal_dot #(
    parameter COUNT = 8
) (
    input wire                clk,
    input wire                en,
    input wire                in_valid,
    input wire                in_first,
    input wire [ 8*COUNT-1:0] codes,
    input wire [16*COUNT-1:0] x_1
);

  // Settings of a product: they do not change while it runs.
  (* anyconst *) wire [1:0] width;
  (* anyconst *) wire [7:0] zero;
  wire [31:0] p_4;
  wire [31:0] x_4;

  sterna_dot #(
      .COUNT(COUNT)
  ) dut (
      .clk(clk),
      .en(en),
      .in_valid(in_valid),
      .in_first(in_first),
      .codes(codes),
      .width(width),
      .zero(zero),
      .x_1(x_1),
      .p_4(p_4),
      .x_4(x_4)
  );

  reg [8*COUNT-1:0] codes_1;
  reg [25*COUNT-1:0] products_2;
  reg [16*COUNT-1:0] elements_2;
  reg [2:0] valid;
  reg [2:0] first;
  reg [31:0] p_3;
  reg [31:0] x_3;
  reg [31:0] p;
  reg [31:0] x;
  reg known = 1'b0;
  reg [2:0] age = 3'd0;

  genvar i;
  generate
    for (i = 0; i < COUNT; i = i + 1) begin : each
      wire [7:0] code = width == 2'd3 ? codes_1[8*i+:8] : width == 2'd2 ?
                        {4'd0, codes_1[4*i+:4]} : {6'd0, codes_1[2*i+:2]};
      wire signed [8:0] q = {1'b0, code} - {1'b0, zero};
      wire signed [15:0] element = x_1[16*i+:16];
      wire signed [24:0] product = q * element;
      always @(posedge clk) begin
        if (en) begin
          products_2[25*i+:25] <= product;
          elements_2[16*i+:16] <= element;
        end
      end
    end
  endgenerate

  reg signed [31:0] p_sum;
  reg signed [31:0] x_sum;
  integer k;
  always @* begin
    p_sum = 32'sd0;
    x_sum = 32'sd0;
    for (k = 0; k < COUNT; k = k + 1) begin
      p_sum = p_sum + $signed(products_2[25*k+:25]);
      x_sum = x_sum + $signed(elements_2[16*k+:16]);
    end
  end

  always @(posedge clk) begin
    if (en) begin
      codes_1 <= codes;
      valid <= {valid[1:0], in_valid};
      first <= {first[1:0], in_first};
      p_3 <= p_sum;
      x_3 <= x_sum;
      if (valid[2]) p <= (first[2] ? 32'd0 : p) + p_3;
      if (valid[2]) x <= (first[2] ? 32'd0 : x) + x_3;
      if (age != 3'd4) age <= age + 3'd1;
      // What left before the pipeline was filled is not known.
      if (valid[2] || age < 3'd3) known <= age >= 3'd3 && (first[2] || known);
    end
  end

  always @* begin
    assume (en && width != 2'd0);
    if (known) assert (p_4 == p && x_4 == x);
  end

endmodule

// The table holds anything: what is read is taken as it comes, and where it is read is compared.
module formal_sigma (
    input wire               clk,
    input wire               en,
    input wire signed [31:0] x,
    input wire signed [ 6:0] k
);

  wire [16:0] v;
  wire [16:0] expected;
  (* hierconn *) wire [26:0] \dut.entry4 ;
  (* hierconn *) wire [16:0] \dut.t3 ;
  (* hierconn *) wire [7:0] \dut.r4 ;

  sterna_sigma dut (
      .clk(clk),
      .en(en),
      .x(x),
      .k(k),
      .v(v),
      .table_wr_en(1'b0),
      .table_wr_addr(9'd0),
      .table_wr_data(27'd0)
  );

  // t as a number of 2^-13, from the input of the pipeline.
  wire [31:0] size = x < 0 ? -x : x;
  wire [7:0] right = -$signed({k[6], k});
  reg [95:0] t_wide;
  always @* begin
    if (k >= 7'sd0) t_wide = {64'd0, size} << k[5:0];
    else if (right > 8'd31) t_wide = 96'd0;
    else t_wide = ({64'd0, size} + (96'd1 << (right - 8'd1))) >> right;
  end
  wire [16:0] t = t_wide > 96'd131071 ? 17'd131071 : t_wide[16:0];

  wire [16:0] t_3;
  formal_delay #(
      .WIDTH(17),
      .DELAY(3)
  ) to_table (
      .clk(clk),
      .en (en),
      .in (t),
      .out(t_3)
  );

  wire negative_4;
  formal_delay #(
      .WIDTH(1),
      .DELAY(4)
  ) to_sign (
      .clk(clk),
      .en (en),
      .in (x[31]),
      .out(negative_4)
  );

  // The product is the module's own, so that it is one unknown; its factors are compared.
  reg [7:0] r_4;
  always @(posedge clk) if (en) r_4 <= t_3[7:0];
  wire [17:0] rise = {8'd0, \dut.entry4 [9:0]} * {10'd0, \dut.r4 };
  wire [26:0] entry = \dut.entry4 ;
  wire [18:0] rounded = ({1'b0, rise} + 19'd128) >> 8;
  wire [16:0] value = entry[26:10] + rounded[16:0];
  wire [16:0] result = negative_4 ? 17'd65536 - value : value;

  formal_delay #(
      .WIDTH(17),
      .DELAY(3)
  ) to_result (
      .clk(clk),
      .en (en),
      .in (result),
      .out(expected)
  );

  formal_compare #(
      .WIDTH(17),
      .LATENCY(7)
  ) compare (
      .clk(clk),
      .en(en),
      .out(v),
      .expected(expected),
      .counts(1'b1)
  );

  reg [2:0] age = 3'd0;
  always @(posedge clk) if (age != 3'd4) age <= age + 3'd1;

  always @* begin
    assume (entry[9:0] <= 10'd512 && entry[26:10] <= 17'd65536 && rise <= 18'd130560);
    if (age >= 3'd3) assert (\dut.t3 == t_3);
    if (age == 3'd4) assert (\dut.r4 == r_4);
  end

endmodule

`default_nettype wire
