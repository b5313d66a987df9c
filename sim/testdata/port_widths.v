// Ports of every storage class that Verilator has, with known functions of them, two clocks and a
// register that is never reset.
`default_nettype none

module port_widths (
    input  wire                clk,
    input  wire                clk_slow,
    input  wire        [  4:0] narrow,
    input  wire signed [ 15:0] half,
    input  wire        [ 31:0] word,
    input  wire        [ 52:0] extended,
    input  wire        [599:0] wide,
    output wire        [  4:0] narrow_not,
    output wire signed [ 15:0] half_negated,
    output wire        [ 31:0] word_swapped,
    output wire        [ 52:0] extended_reversed,
    output wire        [599:0] wide_rotated,
    output reg         [ 31:0] fast_edges = 32'd0,
    output reg         [ 31:0] slow_edges = 32'd0,
    output reg         [ 31:0] undefined,
    output wire        [  6:0] two__underscores
);

  assign narrow_not       = ~narrow;
  assign half_negated     = -half;
  assign word_swapped     = {word[15:0], word[31:16]};
  assign wide_rotated     = {wide[7:0], wide[599:8]};
  assign two__underscores = 7'h55;

  genvar i;
  generate
    for (i = 0; i < 53; i = i + 1) begin : reverse
      assign extended_reversed[i] = extended[52-i];
    end
  endgenerate

  always @(posedge clk) fast_edges <= fast_edges + 32'd1;
  always @(posedge clk_slow) slow_edges <= slow_edges + 32'd1;
  always @(posedge clk) if (narrow == 5'd31) undefined <= 32'd0;

endmodule

`default_nettype wire
