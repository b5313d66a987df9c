// AXI4 read master: turns commands (address, beats) into INCR bursts and delivers their data in
// order, as one stream.
//
//   cmd_* --> [ address, beats left ] --> m_axi_ar*      (up to OUTSTANDING bursts under way)
//   m_axi_r* --> skid buffer --> out_*                   (dropped once an error or cancel is seen)
//
// Command: cmd_addr is a byte address, a multiple of DATA / 8 (low bits are ignored); cmd_beats 0
// asks for nothing. The next command is taken when the addresses of the last one are all out,
// while its data is still coming, so that the stream has no gap between commands. out_last marks
// the last beat of a command.
// Bursts start at BURST-beat boundaries of the address space except the first of a command, so
// none crosses a boundary of 4 KiB. One identifier, so that data comes in the order of addresses.
// Latency: arvalid rises one edge after the one that takes the command, out_valid at the edge that
// takes the beat. Throughput: a beat and a burst a cycle. Between bus inputs and bus outputs, and
// between out_ready and the bus, there are registers; cancel reaches rready, so let it come from
// one.
//
// Error: a response SLVERR or DECERR sets error. The beats before it are still delivered, it and
// everything after it are not; no new burst starts, and those under way are accepted and dropped.
// cancel, while high, does the same without error, and drops the waiting beats too. When busy is
// low the bus is quiet; then clear (one cycle) resets error. Commands wait for error and cancel to
// go. rst is for the reset of the whole bus: to stop a running one, use cancel.
`default_nettype none

module sterna_axi_read #(
    parameter ADDR        = 40,  // bits of a byte address
    parameter DATA        = 128, // bits of a beat: 16 to 1,024, a power of two
    parameter BURST       = 16,  // beats of a full burst: power of two, 2 to 256, at most 4 KiB
    parameter OUTSTANDING = 8,   // bursts under way: a power of two, 2 or more
    parameter BEATS       = 32   // bits of a command's number of beats
) (
    input  wire             clk,
    input  wire             rst,
    input  wire             cancel,
    input  wire             clear,
    output wire             busy,
    output reg              error,
    // Commands
    input  wire             cmd_valid,
    output wire             cmd_ready,
    input  wire [ ADDR-1:0] cmd_addr,
    input  wire [BEATS-1:0] cmd_beats,
    // Data
    output wire             out_valid,
    input  wire             out_ready,
    output wire [ DATA-1:0] out_data,
    output wire             out_last,
    // AXI4 read address channel
    output wire [ ADDR-1:0] m_axi_araddr,
    output wire [      7:0] m_axi_arlen,
    output wire [      2:0] m_axi_arsize,
    output wire [      1:0] m_axi_arburst,
    output reg              m_axi_arvalid,
    input  wire             m_axi_arready,
    // AXI4 read data channel
    input  wire [ DATA-1:0] m_axi_rdata,
    input  wire [      1:0] m_axi_rresp,
    input  wire             m_axi_rlast,
    input  wire             m_axi_rvalid,
    output wire             m_axi_rready
);

  localparam SIZE = $clog2(DATA / 8);
  localparam PLACE = $clog2(BURST);
  localparam SLOT = $clog2(OUTSTANDING);
  localparam WORD = ADDR - SIZE;  // bits of an address in beats

  initial begin
    if (DATA < 16 || DATA > 1024 || (8 << SIZE) != DATA || BURST < 2 || BURST > 256 ||
        (1 << PLACE) != BURST || BURST * (DATA / 8) > 4096 || OUTSTANDING < 2 ||
        (1 << SLOT) != OUTSTANDING || ADDR <= SIZE + PLACE || BEATS < PLACE + 2) begin
      $display("Cannot build sterna_axi_read: ADDR %0d, DATA %0d, BURST %0d, OUTSTANDING %0d",
               ADDR, DATA, BURST, OUTSTANDING);
      $finish;
    end
  end

  wire stop = cancel || error;  // no new burst, arriving beats are dropped

  // Addresses

  reg active;
  reg [WORD-1:0] word;
  reg [BEATS-1:0] left;
  reg [WORD-1:0] burst_word;
  reg [PLACE-1:0] burst_len;  // beats less 1
  reg [SLOT:0] under_way;

  // Beats of the next burst less 1: to the boundary, or what is left. What comes behind the last
  // burst does not matter, so word and left move on as if it went to the boundary.
  wire [PLACE-1:0] to_boundary = ~word[PLACE-1:0];
  wire [PLACE:0] span = {1'b0, to_boundary} + 1'b1;
  wire last_burst = left[BEATS-1:PLACE+1] == 0 && left[PLACE:0] <= span;
  wire [PLACE-1:0] len = last_burst ? left[PLACE-1:0] - 1'b1 : to_boundary;

  wire issue = active && !stop && !under_way[SLOT] && (!m_axi_arvalid || m_axi_arready);
  wire accept = cmd_valid && cmd_ready;
  wire beat = m_axi_rvalid && m_axi_rready;
  wire burst_end = beat && m_axi_rlast;

  wire [PLACE+7:0] padded_len = {8'd0, burst_len};

  assign cmd_ready = !active && !stop;
  assign busy = active || m_axi_arvalid || under_way != 0;

  assign m_axi_araddr = {burst_word, {SIZE{1'b0}}};
  assign m_axi_arlen = padded_len[7:0];
  assign m_axi_arsize = SIZE[2:0];
  assign m_axi_arburst = 2'b01;  // INCR

  always @(posedge clk) begin
    if (accept) begin
      word <= cmd_addr[ADDR-1:SIZE];
      left <= cmd_beats;
    end
    if (issue) begin
      burst_word <= word;
      burst_len <= len;
      word <= {word[WORD-1:PLACE] + 1'b1, {PLACE{1'b0}}};
      left <= left - {{BEATS - PLACE - 1{1'b0}}, span};
    end
  end

  always @(posedge clk) begin
    if (accept) active <= cmd_beats != 0;
    if (stop || (issue && last_burst)) active <= 1'b0;
    if (issue) m_axi_arvalid <= 1'b1;
    else if (m_axi_arready) m_axi_arvalid <= 1'b0;
    if (issue && !burst_end) under_way <= under_way + 1'b1;
    if (!issue && burst_end) under_way <= under_way - 1'b1;
    if (rst) begin
      active <= 1'b0;
      m_axi_arvalid <= 1'b0;
      under_way <= 0;
    end
  end

  // Which of the bursts under way ends its command.

  reg [OUTSTANDING-1:0] ends;
  reg [SLOT-1:0] put;
  reg [SLOT-1:0] take;

  always @(posedge clk) begin
    if (issue) ends[put] <= last_burst;
    if (issue) put <= put + 1'b1;
    if (burst_end) take <= take + 1'b1;
    if (rst) begin
      put  <= 0;
      take <= 0;
    end
  end

  // Data

  wire skid_ready;
  wire bad = m_axi_rresp[1];

  assign m_axi_rready = skid_ready || stop;

  always @(posedge clk) begin
    if (beat && bad && !stop) error <= 1'b1;
    if (clear && !busy) error <= 1'b0;
    if (rst) error <= 1'b0;
  end

  sterna_skid #(
      .WIDTH(DATA + 1)
  ) skid (
      .clk(clk),
      .rst(rst || cancel),
      .in_valid(m_axi_rvalid && !bad && !stop),
      .in_ready(skid_ready),
      .in_data({m_axi_rlast && ends[take], m_axi_rdata}),
      .out_valid(out_valid),
      .out_ready(out_ready),
      .out_data({out_last, out_data})
  );

  wire unused = &{1'b0, m_axi_rresp[0], cmd_addr[SIZE-1:0], padded_len[PLACE+7:8]};

endmodule

`default_nettype wire
