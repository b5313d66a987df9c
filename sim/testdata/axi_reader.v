// Sums the bytes of a run of beats read over AXI4, in bursts of at most 16 beats: the smallest
// master that meets latency, stalls and error responses.
`default_nettype none

module axi_reader #(
    parameter DATA_WIDTH = 64,  // bits of a beat: a power of two, 32 to 1024
    parameter ADDR_WIDTH = 32   // bits of an address
) (
    input  wire                  clk,
    input  wire                  rst,
    input  wire                  start,
    input  wire [ADDR_WIDTH-1:0] address,        // of the first beat, aligned to 16 beats
    input  wire [          15:0] beats,          // a multiple of 16, at least 16
    output reg                   done,
    output reg  [          31:0] sum,            // of all bytes, modulo 2^32
    output reg                   error,
    output wire [ADDR_WIDTH-1:0] m_axi_araddr,
    output wire [           7:0] m_axi_arlen,
    output wire [           2:0] m_axi_arsize,
    output wire [           1:0] m_axi_arburst,
    output reg                   m_axi_arvalid,
    input  wire                  m_axi_arready,
    input  wire [DATA_WIDTH-1:0] m_axi_rdata,
    input  wire [           1:0] m_axi_rresp,
    input  wire                  m_axi_rlast,
    input  wire                  m_axi_rvalid,
    output wire                  m_axi_rready
);

  localparam BYTES = DATA_WIDTH / 8;
  localparam SIZE = $clog2(BYTES);

  reg [ADDR_WIDTH-1:0] next;
  reg [15:0] to_ask;
  reg [15:0] to_take;
  reg busy;

  reg [31:0] beat_sum;
  integer i;
  always @* begin
    beat_sum = 32'd0;
    for (i = 0; i < BYTES; i = i + 1) beat_sum = beat_sum + {24'd0, m_axi_rdata[8*i+:8]};
  end

  assign m_axi_araddr  = next;
  assign m_axi_arlen   = 8'd15;
  assign m_axi_arsize  = SIZE[2:0];
  assign m_axi_arburst = 2'b01;
  assign m_axi_rready  = busy;

  wire take = m_axi_rvalid && m_axi_rready;

  always @(posedge clk) begin
    if (rst) begin
      busy          <= 1'b0;
      done          <= 1'b0;
      m_axi_arvalid <= 1'b0;
    end else if (start && !busy) begin
      busy          <= 1'b1;
      done          <= 1'b0;
      error         <= 1'b0;
      sum           <= 32'd0;
      next          <= address;
      to_ask        <= beats;
      to_take       <= beats;
      m_axi_arvalid <= 1'b1;
    end else begin
      if (m_axi_arvalid && m_axi_arready) begin
        next          <= next + BYTES[ADDR_WIDTH-1:0] * 16;
        to_ask        <= to_ask - 16'd16;
        m_axi_arvalid <= to_ask != 16'd16;
      end
      if (take) begin
        sum     <= sum + beat_sum;
        error   <= error | (m_axi_rresp != 2'b00) | (m_axi_rlast != (to_take[3:0] == 4'd1));
        to_take <= to_take - 16'd1;
        if (to_take == 16'd1) begin
          done <= 1'b1;
          busy <= 1'b0;
        end
      end
    end
  end

endmodule

`default_nettype wire
