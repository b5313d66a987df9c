// Simple dual-port RAM: one write port, one read port, one clock. Every memory of the design is
// this module, so that a synthesis tool, or a person with a macro library, has one place to map.
//
//   wr_en, wr_addr, wr_data --> [ DEPTH x WIDTH ] --> rd_data
//   rd_en, rd_addr ----------------^
//
// Latency: rd_data holds the word of rd_addr one edge after rd_en, and keeps it while rd_en is low.
// Throughput: a read and a write every cycle. A read of the address that the same edge writes
// returns the old word. Nothing is reset, contents are undefined until written, and addresses of
// DEPTH and above must not be used. It has no output register, so it infers as block RAM in Yosys
// (checked by a test) and in the tools of the FPGA makers.
`default_nettype none

module sterna_ram #(
    parameter WIDTH = 32,  // bits of a word, 1 or more
    parameter DEPTH = 512  // words, 2 or more
) (
    input  wire                     clk,
    input  wire                     wr_en,
    input  wire [$clog2(DEPTH)-1:0] wr_addr,
    input  wire [        WIDTH-1:0] wr_data,
    input  wire                     rd_en,
    input  wire [$clog2(DEPTH)-1:0] rd_addr,
    output reg  [        WIDTH-1:0] rd_data
);

  initial begin
    if (WIDTH < 1 || DEPTH < 2) begin
      $display("Cannot build sterna_ram: WIDTH %0d, DEPTH %0d", WIDTH, DEPTH);
      $finish;
    end
  end

  reg [WIDTH-1:0] words[0:DEPTH-1];

  always @(posedge clk) begin
    if (wr_en) words[wr_addr] <= wr_data;
    if (rd_en) rd_data <= words[rd_addr];
  end

endmodule

`default_nettype wire
