// Simple dual-port RAM: one write port, one read port, one clock. Every memory of the design is
// this module, so that a synthesis tool, or a person with a macro library, has one place to map.
//
//   wr_en, wr_addr, wr_data --> [ DEPTH x WIDTH ] --> rd_data
//   rd_en, rd_addr ----------------^
//
// Latency: rd_data holds the word of rd_addr one edge after rd_en, and keeps it while rd_en is low.
// Throughput: a read and a write every cycle. Nothing is reset, contents are undefined until
// written, and addresses of DEPTH and above must not be used. It has no output register, so it
// infers as block RAM in Yosys (checked by a test) and in the tools of the FPGA makers.
//
// A read of the address that the same edge writes is a collision. OLD_DATA 1: it returns the old
// word; where the blocks of an FPGA do not, synthesis adds a comparison and registers of twice the
// width. OLD_DATA 0, for users that have no collision or do not use its result: it returns
// anything. Simulation then returns the old word inverted, so that a user who does is found out.
`default_nettype none

module sterna_ram #(
    parameter WIDTH    = 32,   // bits of a word, 1 or more
    parameter DEPTH    = 512,  // words, 2 or more
    parameter OLD_DATA = 1     // what a collision reads, 1: the old word, 0: anything
) (
    input  wire                     clk,
    input  wire                     wr_en,
    input  wire [$clog2(DEPTH)-1:0] wr_addr,
    input  wire [        WIDTH-1:0] wr_data,
    input  wire                     rd_en,
    input  wire [$clog2(DEPTH)-1:0] rd_addr,
    output wire [        WIDTH-1:0] rd_data
);

  initial begin
    if (WIDTH < 1 || DEPTH < 2 || (OLD_DATA != 0 && OLD_DATA != 1)) begin
      $display("Cannot build sterna_ram: WIDTH %0d, DEPTH %0d, OLD_DATA %0d",
               WIDTH, DEPTH, OLD_DATA);
      $finish;
    end
  end

  generate
    if (OLD_DATA != 0) begin : old
      reg [WIDTH-1:0] words[0:DEPTH-1];
      reg [WIDTH-1:0] word;
      always @(posedge clk) begin
        if (wr_en) words[wr_addr] <= wr_data;
        if (rd_en) word <= words[rd_addr];
      end
      assign rd_data = word;
    end else begin : any
      (* no_rw_check *)
      reg [WIDTH-1:0] words[0:DEPTH-1];
      reg [WIDTH-1:0] word;
      always @(posedge clk) begin
        if (wr_en) words[wr_addr] <= wr_data;
        if (rd_en) word <= words[rd_addr];
      end
`ifdef SYNTHESIS
      assign rd_data = word;
`else
      reg collided;
      always @(posedge clk) if (rd_en) collided <= wr_en && wr_addr == rd_addr;
      assign rd_data = collided ? ~word : word;
`endif
    end
  endgenerate

endmodule

`default_nettype wire
