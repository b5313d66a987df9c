// Stands for sterna_ram where its contents are to be anything: a read gives what the solver likes,
// held until the next one. The memory itself is a check of its own.
`default_nettype none

module sterna_ram #(
    parameter WIDTH    = 32,
    parameter DEPTH    = 512,
    parameter OLD_DATA = 1
) (
    input  wire                     clk,
    input  wire                     wr_en,
    input  wire [$clog2(DEPTH)-1:0] wr_addr,
    input  wire [        WIDTH-1:0] wr_data,
    input  wire                     rd_en,
    input  wire [$clog2(DEPTH)-1:0] rd_addr,
    output reg  [        WIDTH-1:0] rd_data
);

  (* anyseq *) wire [WIDTH-1:0] any;
  always @(posedge clk) if (rd_en) rd_data <= any;

endmodule

`default_nettype wire
