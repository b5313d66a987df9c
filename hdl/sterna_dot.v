// Sums of a group of block weights: P = sum of q x and X = sum of x, so many elements at once.
//
//   codes --> [ codes ] --> q --+--> [ products ] --> tree --> [ sum ] --> [ P ]
//   x ------------(one edge later)--+--> [ x ] -----> tree --> [ sum ] --> [ X ]
//   edge         1                     2                  3           4
//
// Codes are 2, 4 or 8 bits wide, lowest first, and q is the code less `zero`. x are mantissas of 16
// bits, a word of them one edge after the codes they belong to. in_first starts a group's sums.
// With the edges that take the last codes of a group numbered 1, its sums are there after edge 4.
// en low holds everything; nothing is reset.
`default_nettype none

module sterna_dot #(
    parameter COUNT = 16  // elements at once: 8 or 16
) (
    input  wire                clk,
    input  wire                en,
    input  wire                in_valid,
    input  wire                in_first,
    input  wire [ 8*COUNT-1:0] codes,
    input  wire [         1:0] width,    // bits of a code: 2 to its power
    input  wire [         7:0] zero,
    input  wire [16*COUNT-1:0] x_1,      // belongs to the codes of the edge before
    output reg  [        31:0] p_4,
    output reg  [        31:0] x_4
);

  initial begin
    if (COUNT != 8 && COUNT != 16) begin
      $display("Cannot build sterna_dot: COUNT %0d", COUNT);
      $finish;
    end
  end

  reg [8*COUNT-1:0] codes_1;
  reg [3:1] valid;
  reg [3:1] first;
  wire [25*COUNT-1:0] products;
  wire [16*COUNT-1:0] elements;

  genvar i;
  generate
    for (i = 0; i < COUNT; i = i + 1) begin : each
      wire [7:0] code = width == 2'd3 ? codes_1[8*i+:8] : width == 2'd2 ?
                        {4'd0, codes_1[4*i+:4]} : {6'd0, codes_1[2*i+:2]};
      wire signed [8:0] q = {1'b0, code} - {1'b0, zero};
      wire signed [15:0] x = x_1[16*i+:16];
      reg signed [24:0] product;
      reg [15:0] element;
      always @(posedge clk) begin
        if (en) begin
          product <= q * x;
          element <= x;
        end
      end
      assign products[25*i+:25] = product;
      assign elements[16*i+:16] = element;
    end
  endgenerate

  // A loop over the elements, which tools make a tree of.
  reg signed [31:0] p_sum;
  reg signed [31:0] x_sum;
  reg signed [31:0] p_3;
  reg signed [31:0] x_3;
  integer k;

  always @* begin
    p_sum = 32'sd0;
    x_sum = 32'sd0;
    for (k = 0; k < COUNT; k = k + 1) begin
      p_sum = p_sum + {{7{products[25*k+24]}}, products[25*k+:25]};
      x_sum = x_sum + {{16{elements[16*k+15]}}, elements[16*k+:16]};
    end
  end

  always @(posedge clk) begin
    if (en) begin
      codes_1 <= codes;
      valid <= {valid[2:1], in_valid};
      first <= {first[2:1], in_first};
      p_3 <= p_sum;
      x_3 <= x_sum;
      if (valid[3]) p_4 <= first[3] ? p_3 : p_4 + p_3;
      if (valid[3]) x_4 <= first[3] ? x_3 : x_4 + x_3;
    end
  end

endmodule

`default_nettype wire
