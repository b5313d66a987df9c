// Stands for sterna_ram: each byte that is read is the number of its place.
`default_nettype none

module sterna_ram #(
    parameter WIDTH    = 64,
    parameter DEPTH    = 8,
    parameter OLD_DATA = 1
) (
    input  wire                     clk,
    input  wire                     wr_en,
    input  wire [$clog2(DEPTH)-1:0] wr_addr,
    input  wire [        WIDTH-1:0] wr_data,
    input  wire                     rd_en,
    input  wire [$clog2(DEPTH)-1:0] rd_addr,
    output wire [        WIDTH-1:0] rd_data
);

  reg [7:0] first;
  always @(posedge clk) if (rd_en) first <= rd_addr * (WIDTH / 8);

  genvar j;
  generate
    for (j = 0; j < WIDTH / 8; j = j + 1) begin : each
      assign rd_data[8*j+:8] = first + j;
    end
  endgenerate

endmodule

`default_nettype wire
