// First-word-fall-through FIFO over sterna_ram.
//
//   in_* --> [ RAM, DEPTH words ] --> [ its read register, 1 word ] --> out_*
//
// Protocol: valid/ready on both sides; a word moves at an edge where both are high. in_ready and
// out_valid come from registers and depend on no input.
// Latency: a word that enters an empty FIFO is on out_* two edges later. Throughput: one word in
// and one word out every cycle. Capacity: DEPTH words, and one more in the read register.
// level counts the words inside, 0 to DEPTH + 1; a word counts from the edge that takes it in to
// the edge that takes it out.
`default_nettype none

module sterna_fifo #(
    parameter WIDTH = 32,  // bits of a word, 1 or more
    parameter DEPTH = 512  // words of RAM, a power of two, 2 or more
) (
    input  wire                   clk,
    input  wire                   rst,
    input  wire                   in_valid,
    output wire                   in_ready,
    input  wire [      WIDTH-1:0] in_data,
    output reg                    out_valid,
    input  wire                   out_ready,
    output wire [      WIDTH-1:0] out_data,
    output wire [$clog2(DEPTH):0] level
);

  localparam ADDR = $clog2(DEPTH);

  initial begin
    if (DEPTH < 2 || (1 << ADDR) != DEPTH) begin
      $display("Cannot build sterna_fifo: DEPTH %0d is no power of two above 1", DEPTH);
      $finish;
    end
  end

  reg [ADDR-1:0] wr_addr;
  reg [ADDR-1:0] rd_addr;
  reg [ADDR:0] stored;  // words in the RAM, the read register apart

  // stored never exceeds DEPTH, so its top bit alone says full.
  assign in_ready = !stored[ADDR];
  assign level = stored + {{ADDR{1'b0}}, out_valid};

  wire push = in_valid && in_ready;
  // The word at rd_addr was written at an earlier edge, so the RAM never sees a collision.
  wire fetch = stored != 0 && (!out_valid || out_ready);

  sterna_ram #(
      .WIDTH(WIDTH),
      .DEPTH(DEPTH),
      .OLD_DATA(0)
  ) ram (
      .clk(clk),
      .wr_en(push),
      .wr_addr(wr_addr),
      .wr_data(in_data),
      .rd_en(fetch),
      .rd_addr(rd_addr),
      .rd_data(out_data)
  );

  always @(posedge clk) begin
    if (push) wr_addr <= wr_addr + 1'b1;
    if (fetch) rd_addr <= rd_addr + 1'b1;
    if (push && !fetch) stored <= stored + 1'b1;
    if (!push && fetch) stored <= stored - 1'b1;
    if (fetch) out_valid <= 1'b1;
    else if (out_ready) out_valid <= 1'b0;
    if (rst) begin
      wr_addr <= 0;
      rd_addr <= 0;
      stored <= 0;
      out_valid <= 1'b0;
    end
  end

endmodule

`default_nettype wire
