// Reads the image from memory: the boot region once, an embedding row a token, and the weight
// stream round and round, ahead of its use.
//
//   boot, row, stream --> [ one of them ] --> sterna_axi_read --> m_axi_*
//   boot beats, row beats <--+
//   stream beats <-- [ ] <-- FIFO <--+  in the order of the commands
//
// The stream is asked for a burst at a time, and only when the FIFO has room for all of it, so that
// nothing of the stream stands in the way of a row on the bus. It goes on with its first beat
// behind the last: what is read ahead at the end of a token is the beginning of the next.
// Offsets and lengths are in beats, from a base that is a multiple of 4 KiB.
// Where the stream is must be known a cycle before stream_enable.
// flush, while high, stops reading and empties the FIFO; quiet says that the bus is at rest.
`default_nettype none

module sterna_fetch #(
    parameter ADDR       = 40,  // bits of a byte address
    parameter BEAT       = 64,  // bytes of a beat, a power of two
    parameter FIFO_BEATS = 256  // beats that the stream is read ahead, a power of two
) (
    input  wire              clk,
    input  wire              rst,
    input  wire              flush,
    output wire              quiet,
    output wire              error,
    input  wire [  ADDR-1:0] base,
    // Boot
    input  wire              boot_valid,
    output wire              boot_granted,
    input  wire [      31:0] boot_offset,
    input  wire [      31:0] boot_beats,
    output wire              boot_beat_valid,
    input  wire              boot_beat_take,
    // Embedding row
    input  wire              row_valid,
    output wire              row_granted,
    input  wire [      31:0] row_offset,
    input  wire [      31:0] row_beats,
    output wire              row_beat_valid,
    input  wire              row_beat_take,
    output wire [8*BEAT-1:0] arrived_beat,    // of boot and row
    // Stream
    input  wire              stream_enable,
    input  wire [      31:0] stream_offset,
    input  wire [      31:0] stream_beats,
    output wire              stream_valid,
    input  wire              stream_take,
    output wire [8*BEAT-1:0] stream_beat,
    // AXI4 read channels
    output wire [  ADDR-1:0] m_axi_araddr,
    output wire [       7:0] m_axi_arlen,
    output wire [       2:0] m_axi_arsize,
    output wire [       1:0] m_axi_arburst,
    output wire              m_axi_arvalid,
    input  wire              m_axi_arready,
    input  wire [8*BEAT-1:0] m_axi_rdata,
    input  wire [       1:0] m_axi_rresp,
    input  wire              m_axi_rlast,
    input  wire              m_axi_rvalid,
    output wire              m_axi_rready
);

  localparam SIZE = $clog2(BEAT);
  localparam BURST = 4096 / BEAT > 32 ? 32 : 4096 / BEAT;  // beats
  localparam PLACE = $clog2(BURST);
  localparam COUNT = $clog2(FIFO_BEATS) + 1;
  localparam [1:0] BOOT = 2'd0;
  localparam [1:0] ROW = 2'd1;
  localparam [1:0] STREAM = 2'd2;

  initial begin
    if (FIFO_BEATS < 2 * BURST || (1 << SIZE) != BEAT) begin
      $display("Cannot build sterna_fetch: BEAT %0d, FIFO_BEATS %0d", BEAT, FIFO_BEATS);
      $finish;
    end
  end

  // The stream's next burst

  reg [31:0] position;  // beats from the stream's start
  reg [31:0] remaining;  // beats from there to its end
  reg [COUNT-1:0] reserved;  // beats in the FIFO or on their way to it

  wire [PLACE:0] to_boundary = {1'b1, {PLACE{1'b0}}} - {1'b0, position[PLACE-1:0]};
  wire ends = remaining[31:PLACE+1] == 0 && remaining[PLACE:0] <= to_boundary;
  wire [PLACE:0] length = ends ? remaining[PLACE:0] : to_boundary;
  localparam MOST = FIFO_BEATS - BURST;
  wire room = reserved <= MOST[COUNT-1:0];
  wire stream_wanted = stream_enable && !flush && room && stream_beats != 32'd0;

  // One command at a time

  wire kind_ready;
  wire cmd_ready;
  wire [1:0] chosen = boot_valid ? BOOT : row_valid ? ROW : STREAM;
  wire wanted = boot_valid || row_valid || stream_wanted;
  wire cmd_valid = wanted && kind_ready && !flush;
  wire grant = cmd_valid && cmd_ready;
  wire stream_grant = grant && chosen == STREAM;
  wire [31:0] offset = chosen == BOOT ? boot_offset : chosen == ROW ? row_offset :
                                        stream_offset + position;
  wire [31:0] beats = chosen == BOOT ? boot_beats : chosen == ROW ? row_beats :
                                       {{31 - PLACE{1'b0}}, length};
  wire [ADDR+31:0] wide_offset = {{ADDR{1'b0}}, offset} << SIZE;
  wire [ADDR-1:0] address = base + wide_offset[ADDR-1:0];

  assign boot_granted = grant && chosen == BOOT;
  assign row_granted  = grant && chosen == ROW;

  wire pop;

  always @(posedge clk) begin
    if (stream_grant) begin
      position <= ends ? 32'd0 : {position[31:PLACE] + 1'b1, {PLACE{1'b0}}};
      remaining <= ends ? stream_beats : remaining - {{31 - PLACE{1'b0}}, to_boundary};
    end
    reserved <= reserved + (stream_grant ? {{COUNT - 1 - PLACE{1'b0}}, length} : {COUNT{1'b0}}) -
                {{COUNT - 1{1'b0}}, pop};
    if (rst || flush || !stream_enable) begin
      position  <= 32'd0;
      remaining <= stream_beats;
    end
    if (rst || flush) reserved <= {COUNT{1'b0}};
  end

  // Which command the arriving beats belong to

  wire kind_valid;
  wire [1:0] kind;
  wire arrived_valid;
  wire arrived_last;
  wire arrived_take;

  sterna_queue #(
      .WIDTH(2),
      .DEPTH(16)
  ) kinds (
      .clk(clk),
      .rst(rst || flush),
      .in_valid(grant),
      .in_ready(kind_ready),
      .in_data(chosen),
      .out_valid(kind_valid),
      .out_ready(arrived_take && arrived_last),
      .out_data(kind)
  );

  wire fifo_ready;
  wire beat_here = arrived_valid && kind_valid;
  wire fifo_push = beat_here && kind == STREAM;

  assign boot_beat_valid = beat_here && kind == BOOT;
  assign row_beat_valid = beat_here && kind == ROW;
  assign arrived_take = (fifo_push && fifo_ready) || (boot_beat_valid && boot_beat_take) ||
                        (row_beat_valid && row_beat_take);

  wire [COUNT-1:0] level;
  wire fifo_valid;
  wire fifo_pop;
  wire [8*BEAT-1:0] fifo_beat;

  sterna_fifo #(
      .WIDTH(8 * BEAT),
      .DEPTH(FIFO_BEATS)
  ) fifo (
      .clk(clk),
      .rst(rst || flush),
      .in_valid(fifo_push),
      .in_ready(fifo_ready),
      .in_data(arrived_beat),
      .out_valid(fifo_valid),
      .out_ready(fifo_pop),
      .out_data(fifo_beat),
      .level(level)
  );

  // A register behind the RAM: its outputs are too late for what decodes them.
  reg out_valid;
  reg [8*BEAT-1:0] out_beat;
  assign stream_valid = out_valid;
  assign stream_beat = out_beat;
  assign pop = stream_valid && stream_take;
  assign fifo_pop = !out_valid || stream_take;

  always @(posedge clk) begin
    if (fifo_pop) out_valid <= fifo_valid;
    if (fifo_pop) out_beat <= fifo_beat;
    if (rst || flush) out_valid <= 1'b0;
  end

  wire axi_busy;

  sterna_axi_read #(
      .ADDR(ADDR),
      .DATA(8 * BEAT),
      .BURST(BURST),
      .OUTSTANDING(16),
      .BEATS(32)
  ) reader (
      .clk(clk),
      .rst(rst),
      .cancel(flush),
      .clear(flush),
      .busy(axi_busy),
      .error(error),
      .cmd_valid(cmd_valid),
      .cmd_ready(cmd_ready),
      .cmd_addr(address),
      .cmd_beats(beats),
      .out_valid(arrived_valid),
      .out_ready(arrived_take),
      .out_data(arrived_beat),
      .out_last(arrived_last),
      .m_axi_araddr(m_axi_araddr),
      .m_axi_arlen(m_axi_arlen),
      .m_axi_arsize(m_axi_arsize),
      .m_axi_arburst(m_axi_arburst),
      .m_axi_arvalid(m_axi_arvalid),
      .m_axi_arready(m_axi_arready),
      .m_axi_rdata(m_axi_rdata),
      .m_axi_rresp(m_axi_rresp),
      .m_axi_rlast(m_axi_rlast),
      .m_axi_rvalid(m_axi_rvalid),
      .m_axi_rready(m_axi_rready)
  );

  assign quiet = !axi_busy;

  wire unused = &{1'b0, level, wide_offset[ADDR+31:ADDR]};

endmodule

`default_nettype wire
