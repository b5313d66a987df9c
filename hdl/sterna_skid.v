// Skid buffer: cuts every combinational path of a valid/ready stream, both ways.
//
//   in_* --+---------------> [ out_data ] --> out_*
//          +--> [ spare ] ------^
//
// Protocol: valid/ready; a word moves at an edge where both are high. in_ready, out_valid and
// out_data are registers. in_ready falls one cycle late, and spare takes the word of that cycle.
// Latency: one edge. Throughput: one word a cycle. Capacity: two words.
`default_nettype none

module sterna_skid #(
    parameter WIDTH = 32  // bits of a word, 1 or more
) (
    input  wire             clk,
    input  wire             rst,
    input  wire             in_valid,
    output wire             in_ready,
    input  wire [WIDTH-1:0] in_data,
    output reg              out_valid,
    input  wire             out_ready,
    output reg  [WIDTH-1:0] out_data
);

  initial begin
    if (WIDTH < 1) begin
      $display("Cannot build sterna_skid: WIDTH %0d", WIDTH);
      $finish;
    end
  end

  reg [WIDTH-1:0] spare;
  reg spare_valid;

  assign in_ready = !spare_valid;

  wire move = out_ready || !out_valid;  // the output register takes a word at this edge

  always @(posedge clk) begin
    if (move) out_data <= spare_valid ? spare : in_data;
    if (!spare_valid) spare <= in_data;
  end

  always @(posedge clk) begin
    if (move) out_valid <= spare_valid || in_valid;
    if (move) spare_valid <= 1'b0;
    else if (in_valid) spare_valid <= 1'b1;
    if (rst) begin
      out_valid <= 1'b0;
      spare_valid <= 1'b0;
    end
  end

endmodule

`default_nettype wire
