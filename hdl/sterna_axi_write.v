// AXI4 write master for single beats: each goes out as a burst of one, whole beats only.
//
//   in_* --+--> [ address ] --> m_axi_aw*
//          +--> [ data ] -----> m_axi_w*      m_axi_b* --> under way, error
//
// A beat is taken when the last one has left both channels. busy is high until every beat has its
// response, so that what was written can be read when it is low. One identifier.
// Error: a response SLVERR or DECERR sets error until clear (one cycle). rst is for the reset of
// the whole bus: a user who stops just offers nothing more and waits for busy.
// Latency: the channels' valid rise at the edge that takes the beat.
`default_nettype none

module sterna_axi_write #(
    parameter ADDR = 40,  // bits of a byte address
    parameter BEAT = 16   // bytes of a beat, a power of two
) (
    input  wire                         clk,
    input  wire                         rst,
    input  wire                         clear,
    output wire                         busy,
    output reg                          error,
    // Beats; the address is in beats
    input  wire                         in_valid,
    output wire                         in_ready,
    input  wire [ADDR-$clog2(BEAT)-1:0] in_addr,
    input  wire [           8*BEAT-1:0] in_data,
    // AXI4 write channels
    output wire [             ADDR-1:0] m_axi_awaddr,
    output wire [                  7:0] m_axi_awlen,
    output wire [                  2:0] m_axi_awsize,
    output wire [                  1:0] m_axi_awburst,
    output reg                          m_axi_awvalid,
    input  wire                         m_axi_awready,
    output wire [           8*BEAT-1:0] m_axi_wdata,
    output wire [             BEAT-1:0] m_axi_wstrb,
    output wire                         m_axi_wlast,
    output reg                          m_axi_wvalid,
    input  wire                         m_axi_wready,
    input  wire [                  1:0] m_axi_bresp,
    input  wire                         m_axi_bvalid,
    output wire                         m_axi_bready
);

  localparam SIZE = $clog2(BEAT);

  initial begin
    if ((1 << SIZE) != BEAT || ADDR <= SIZE) begin
      $display("Cannot build sterna_axi_write: ADDR %0d, BEAT %0d", ADDR, BEAT);
      $finish;
    end
  end

  reg [3:0] under_way;
  reg [ADDR-SIZE-1:0] address;
  reg [8*BEAT-1:0] data;

  wire accept = in_valid && in_ready;
  wire answer = m_axi_bvalid && m_axi_bready;

  assign in_ready = !m_axi_awvalid && !m_axi_wvalid && !under_way[3];
  assign busy = under_way != 4'd0;
  assign m_axi_awaddr = {address, {SIZE{1'b0}}};
  assign m_axi_awlen = 8'd0;
  assign m_axi_awsize = SIZE[2:0];
  assign m_axi_awburst = 2'b01;  // INCR
  assign m_axi_wdata = data;
  assign m_axi_wstrb = {BEAT{1'b1}};
  assign m_axi_wlast = 1'b1;
  assign m_axi_bready = 1'b1;

  always @(posedge clk) begin
    if (accept) begin
      address <= in_addr;
      data <= in_data;
    end
    if (accept) m_axi_awvalid <= 1'b1;
    else if (m_axi_awready) m_axi_awvalid <= 1'b0;
    if (accept) m_axi_wvalid <= 1'b1;
    else if (m_axi_wready) m_axi_wvalid <= 1'b0;
    under_way <= under_way + {3'd0, accept} - {3'd0, answer};
    if (answer && m_axi_bresp[1]) error <= 1'b1;
    else if (clear) error <= 1'b0;
    if (rst) begin
      m_axi_awvalid <= 1'b0;
      m_axi_wvalid <= 1'b0;
      under_way <= 4'd0;
      error <= 1'b0;
    end
  end

  wire unused = &{1'b0, m_axi_bresp[0]};

endmodule

`default_nettype wire
