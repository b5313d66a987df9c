// A single-data-rate SDRAM of 16 bits as an AXI4 read slave, and a plain port that fills it.
//
//   s_axi_ar* --> [ next ] --> [ burst ] --+--> commands --> registers --> sdram_*
//   fill_*  -------------------------------+
//   sdram_dq_in --> [ words of a beat ] --> queue --> s_axi_r*
//
// Reads are single words (burst length 1) at a word a clock while their row is open, so nothing is
// fetched that was not asked for, and bursts that follow one another leave no gap. One row is open
// at a time: a stream in order pays precharge and activate once in 2^COL words. A read is started
// only where the queue has room for its beat, so s_axi_rready may fall at any time.
// Bursts are INCR, of whole beats, aligned; one identifier; every response is OKAY.
// fill_*: a word at a word address, valid/ready; it goes before reads, which wait for it.
// After reset the device is initialized for POWER_UP clocks; refresh comes every REFRESH clocks,
// and before anything else.
// Pins: every output is a register of clk. The device's clock is the inverse of clk: it samples
// half a clock later. Its data comes through a register too, outside of this module, because chips
// have those beside their pads: sdram_dq_in is that register of clk.
`default_nettype none

module sterna_sdram #(
    parameter ADDR     = 40,     // bits of a byte address; what the device does not have is ignored
    parameter BEAT     = 16,     // bytes of a beat: 4 to 128, a power of two
    parameter COL      = 9,      // bits of a column
    parameter ROW      = 13,     // bits of a row, which are the address pins too: above 10
    parameter LATENCY  = 2,      // CAS latency, clocks: 2 or 3
    parameter POWER_UP = 10000,  // clocks before the first command
    parameter REFRESH  = 384,    // clocks from refresh to refresh
    parameter RCD      = 1,      // activate to read or write, clocks
    parameter RP       = 1,      // precharge to activate
    parameter RAS      = 3,      // activate to precharge
    parameter RFC      = 4,      // refresh to anything
    parameter WR       = 2       // write to precharge
) (
    input  wire              clk,
    input  wire              rst,
    // AXI4 read channels
    input  wire [  ADDR-1:0] s_axi_araddr,
    input  wire [       7:0] s_axi_arlen,
    input  wire              s_axi_arvalid,
    output wire              s_axi_arready,
    output wire [8*BEAT-1:0] s_axi_rdata,
    output wire [       1:0] s_axi_rresp,
    output wire              s_axi_rlast,
    output wire              s_axi_rvalid,
    input  wire              s_axi_rready,
    // Words to write
    input  wire              fill_valid,
    output wire              fill_ready,
    input  wire [COL+ROW+1:0] fill_word,
    input  wire [      15:0] fill_data,
    // Device
    output reg               sdram_ras_n,
    output reg               sdram_cas_n,
    output reg               sdram_we_n,
    output reg  [       1:0] sdram_ba,
    output reg  [   ROW-1:0] sdram_a,
    output reg  [      15:0] sdram_dq_out,
    output reg               sdram_dq_drive,
    input  wire [      15:0] sdram_dq_in      // registered
);

  localparam WORD = COL + ROW + 2;
  localparam PER = $clog2(BEAT / 2);  // words of a beat, as a power of two
  localparam QUEUE = 8;  // beats
  localparam AHEAD = LATENCY + 1;  // clocks from a read's decision to its word in the register

  initial begin
    if ((1 << $clog2(BEAT)) != BEAT || BEAT < 4 || BEAT > 128 || ROW < 11 || COL < PER ||
        COL > 10 || ADDR <= WORD + 1 || LATENCY < 2 || LATENCY > 3) begin
      $display("Cannot build sterna_sdram: BEAT %0d, ROW %0d, COL %0d, LATENCY %0d",
               BEAT, ROW, COL, LATENCY);
      $finish;
    end
  end

  // Commands: ras_n, cas_n, we_n

  localparam [2:0] MODE = 3'b000;
  localparam [2:0] AUTO_REFRESH = 3'b001;
  localparam [2:0] PRECHARGE = 3'b010;
  localparam [2:0] ACTIVATE = 3'b011;
  localparam [2:0] WRITE = 3'b100;
  localparam [2:0] READ = 3'b101;
  localparam [2:0] NOTHING = 3'b111;
  localparam [12:0] ALL_BANKS = 13'h0400;
  // Burst length 1 both ways, sequential.
  localparam [12:0] MODE_WORD = LATENCY == 2 ? 13'h0020 : 13'h0030;

  // Time. The device powers up, is precharged, refreshed twice and told its mode.

  reg [2:0] setup;  // steps of the set-up that are still to do
  reg [15:0] interval;
  reg [15:0] pause;  // clocks until the next command may go
  reg rested;  // none
  reg refresh_due;
  reg row_open;
  reg [1:0] row_bank;
  reg [ROW-1:0] row;
  reg [2:0] hold;  // clocks that the row has to stay open
  localparam [15:0] POWER_UP_CLOCKS = POWER_UP[15:0];
  localparam [15:0] REFRESH_CLOCKS = REFRESH[15:0] - 16'd1;

  // Bursts: one that waits, one under way.

  reg next_valid;
  reg [WORD-1:0] next_word;
  reg [7:0] next_len;
  reg burst_valid;
  reg [WORD-1:0] word;
  reg [7:0] len;  // beats behind this one
  wire last_word = &word[PER-1:0];
  wire last_beat = len == 8'd0;

  assign s_axi_arready = !next_valid;

  // Room in the queue, counted from a beat's first read to its leaving.

  reg [$clog2(QUEUE):0] taken;
  wire first_word = word[PER-1:0] == {PER{1'b0}};
  wire room = !first_word || !taken[$clog2(QUEUE)];
  wire pop = s_axi_rvalid && s_axi_rready;

  // What to do in this clock

  reg [AHEAD-1:0] reading;  // reads on their way, the oldest at the top
  reg [AHEAD-1:0] ends_beat;
  reg [AHEAD-1:0] ends_burst;

  wire [ROW-1:0] place_row = fill_valid ? fill_word[COL+2+:ROW] : word[COL+2+:ROW];
  wire [1:0] place_bank = fill_valid ? fill_word[COL+:2] : word[COL+:2];
  reg hit;  // the burst's row is open
  wire fill_hit = row_open && row == fill_word[COL+2+:ROW] && row_bank == fill_word[COL+:2];
  wire asked = fill_valid || burst_valid;
  wire ready = rested && setup == 3'd0;
  wire serve = ready && !refresh_due;
  // Data of reads is still on the pins when a write would drive them.
  wire do_write = serve && fill_valid && fill_hit && reading == {AHEAD{1'b0}};
  wire do_read = serve && !fill_valid && burst_valid && hit && room;
  wire miss = fill_valid ? !fill_hit : !hit;
  wire do_close = ready && row_open && hold == 3'd0 && (refresh_due || (asked && miss));
  wire do_open = serve && !row_open && asked;
  wire do_refresh = ready && refresh_due && !row_open;
  wire burst_done = do_read && last_word && last_beat;
  wire load = next_valid && (!burst_valid || burst_done);

  assign fill_ready = do_write;

  always @(posedge clk) begin
    if (s_axi_arvalid && s_axi_arready) begin
      next_valid <= 1'b1;
      next_word  <= s_axi_araddr[WORD:1];
      next_len   <= s_axi_arlen;
    end
    if (burst_done) burst_valid <= 1'b0;
    if (do_read && last_word) len <= len - 8'd1;
    if (do_read) word <= word + 1'b1;
    if (load) begin
      word <= next_word;
      next_valid <= 1'b0;
      burst_valid <= 1'b1;
      len <= next_len;
    end
    if (rst) begin
      next_valid  <= 1'b0;
      burst_valid <= 1'b0;
    end
  end

  // The open row, compared with the place of the coming read: a burst leaves its row at the end.
  wire word_hit = row == word[COL+2+:ROW] && row_bank == word[COL+:2];
  wire next_hit = row == next_word[COL+2+:ROW] && row_bank == next_word[COL+:2];
  wire leaves_row = do_read && word[COL-1:0] == {COL{1'b1}};
  always @(posedge clk) begin
    hit <= row_open && !do_close && (load ? next_hit : word_hit && !leaves_row);
    if (do_open) begin
      row_open <= 1'b1;
      row_bank <= place_bank;
      row <= place_row;
      hit <= !fill_valid;
    end
    if (do_close) row_open <= 1'b0;
    if (rst) begin
      row_open <= 1'b0;
      hit <= 1'b0;
    end
  end

  always @(posedge clk) begin
    if (pause != 16'd0) pause <= pause - 16'd1;
    rested <= pause <= 16'd1;
    if (hold != 3'd0) hold <= hold - 3'd1;
    interval <= interval - 16'd1;
    if (interval == 16'd0) begin
      interval <= REFRESH_CLOCKS;
      refresh_due <= 1'b1;
    end
    {sdram_ras_n, sdram_cas_n, sdram_we_n} <= NOTHING;
    sdram_dq_drive <= 1'b0;

    if (do_close) begin
      {sdram_ras_n, sdram_cas_n, sdram_we_n} <= PRECHARGE;
      sdram_a <= ALL_BANKS[ROW-1:0];
      pause <= RP[15:0] - 16'd1;
      rested <= RP == 1;
    end
    if (do_open) begin
      {sdram_ras_n, sdram_cas_n, sdram_we_n} <= ACTIVATE;
      sdram_ba <= place_bank;
      sdram_a <= place_row;
      pause <= RCD[15:0] - 16'd1;
      rested <= RCD == 1;
      hold <= RAS[2:0] - 3'd1;
    end
    if (do_refresh) begin
      {sdram_ras_n, sdram_cas_n, sdram_we_n} <= AUTO_REFRESH;
      refresh_due <= 1'b0;
      pause <= RFC[15:0] - 16'd1;
      rested <= RFC == 1;
    end
    if (do_read) begin
      {sdram_ras_n, sdram_cas_n, sdram_we_n} <= READ;
      sdram_ba <= word[COL+:2];
      sdram_a <= {{ROW - COL{1'b0}}, word[COL-1:0]};
    end
    if (do_write) begin
      {sdram_ras_n, sdram_cas_n, sdram_we_n} <= WRITE;
      sdram_ba <= fill_word[COL+:2];
      sdram_a <= {{ROW - COL{1'b0}}, fill_word[COL-1:0]};
      sdram_dq_drive <= 1'b1;
      hold <= WR[2:0];
    end
    if (rested && setup != 3'd0) begin
      setup <= setup - 3'd1;
      sdram_ba <= 2'd0;
      sdram_a <= setup == 3'd1 ? MODE_WORD[ROW-1:0] : ALL_BANKS[ROW-1:0];
      {sdram_ras_n, sdram_cas_n, sdram_we_n} <= setup == 3'd4 ? PRECHARGE :
                                                setup == 3'd1 ? MODE : AUTO_REFRESH;
      pause <= RFC[15:0] - 16'd1;
      rested <= RFC == 1;
    end
    sdram_dq_out <= fill_data;
    if (rst) begin
      setup <= 3'd4;
      pause <= POWER_UP_CLOCKS;
      rested <= 1'b0;
      hold <= 3'd0;
      interval <= REFRESH_CLOCKS;
      refresh_due <= 1'b0;
    end
  end

  // Words that come back

  reg [8*BEAT-17:0] words;
  wire [8*BEAT-1:0] beat = {sdram_dq_in, words};
  wire push = reading[AHEAD-1] && ends_beat[AHEAD-1];

  always @(posedge clk) begin
    reading <= {reading[AHEAD-2:0], do_read};
    ends_beat <= {ends_beat[AHEAD-2:0], last_word};
    ends_burst <= {ends_burst[AHEAD-2:0], last_word && last_beat};
    if (reading[AHEAD-1]) words <= beat[8*BEAT-1:16];
    taken <= taken + {{$clog2(QUEUE) {1'b0}}, do_read && first_word} -
             {{$clog2(QUEUE) {1'b0}}, pop};
    if (rst) begin
      reading <= {AHEAD{1'b0}};
      taken <= 0;
    end
  end

  wire queue_ready;  // there is room by the count of beats
  wire [$clog2(QUEUE):0] level;

  sterna_fifo #(
      .WIDTH(8 * BEAT + 1),
      .DEPTH(QUEUE)
  ) beats (
      .clk(clk),
      .rst(rst),
      .in_valid(push),
      .in_ready(queue_ready),
      .in_data({ends_burst[AHEAD-1], beat}),
      .out_valid(s_axi_rvalid),
      .out_ready(s_axi_rready),
      .out_data({s_axi_rlast, s_axi_rdata}),
      .level(level)
  );

  assign s_axi_rresp = 2'b00;

  wire unused = &{1'b0, s_axi_araddr[ADDR-1:WORD+1], s_axi_araddr[0], queue_ready, level};

endmodule

`default_nettype wire
