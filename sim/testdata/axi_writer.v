// Writes a counting pattern over AXI4, in bursts of at most 8 beats of which it masks the first
// byte: the smallest master that meets stalls on AW and W and waits for B.
`default_nettype none

module axi_writer #(
    parameter DATA_WIDTH = 64,  // bits of a beat: a power of two, 16 to 1024
    parameter ADDR_WIDTH = 32   // bits of an address
) (
    input  wire                    clk,
    input  wire                    rst,
    input  wire                    start,
    input  wire [  ADDR_WIDTH-1:0] address,        // of the first beat, aligned to 8 beats
    input  wire [             7:0] bursts,         // at least 1
    output wire                    done,
    output reg  [             7:0] failures,       // responses that were not OKAY
    output reg  [  ADDR_WIDTH-1:0] m_axi_awaddr,
    output wire [             7:0] m_axi_awlen,
    output reg                     m_axi_awvalid,
    input  wire                    m_axi_awready,
    output wire [  DATA_WIDTH-1:0] m_axi_wdata,
    output wire [DATA_WIDTH/8-1:0] m_axi_wstrb,
    output wire                    m_axi_wlast,
    output reg                     m_axi_wvalid,
    input  wire                    m_axi_wready,
    input  wire [             1:0] m_axi_bresp,
    input  wire                    m_axi_bvalid,
    output wire                    m_axi_bready
);

  localparam BYTES = DATA_WIDTH / 8;

  reg [7:0] to_ask;
  reg [7:0] to_hear;
  reg [10:0] to_send;
  reg [15:0] number;

  assign done         = to_hear == 8'd0 && !start;
  assign m_axi_awlen  = 8'd7;
  assign m_axi_wdata  = {(DATA_WIDTH / 16) {number}};
  assign m_axi_wlast  = to_send[2:0] == 3'd1;
  assign m_axi_wstrb  = (to_send[2:0] == 3'd0) ? {{(BYTES - 1) {1'b1}}, 1'b0} : {BYTES{1'b1}};
  assign m_axi_bready = to_hear != 8'd0;

  always @(posedge clk) begin
    if (rst) begin
      m_axi_awvalid <= 1'b0;
      m_axi_wvalid  <= 1'b0;
      to_hear       <= 8'd0;
    end else if (start) begin
      m_axi_awvalid <= 1'b1;
      m_axi_awaddr  <= address;
      m_axi_wvalid  <= 1'b1;
      to_ask        <= bursts;
      to_hear       <= bursts;
      to_send       <= {bursts, 3'd0};
      number        <= 16'd0;
      failures      <= 8'd0;
    end else begin
      if (m_axi_awvalid && m_axi_awready) begin
        m_axi_awaddr  <= m_axi_awaddr + BYTES[ADDR_WIDTH-1:0] * 8;
        m_axi_awvalid <= to_ask != 8'd1;
        to_ask        <= to_ask - 8'd1;
      end
      if (m_axi_wvalid && m_axi_wready) begin
        m_axi_wvalid <= to_send != 11'd1;
        to_send      <= to_send - 11'd1;
        number       <= number + 16'd1;
      end
      if (m_axi_bvalid && m_axi_bready) begin
        to_hear <= to_hear - 8'd1;
        if (m_axi_bresp != 2'b00) failures <= failures + 8'd1;
      end
    end
  end

endmodule

`default_nettype wire
