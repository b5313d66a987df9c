// AXI4-Lite slave: turns single 32-bit accesses into strobes on a register bus.
//
//   s_axil_aw*, w* --> [held] --> wr_en, wr_addr, wr_data, wr_strb --> registers
//   s_axil_b*  <-- [response] <-- wr_ack, wr_error <-----------------------+
//   s_axil_ar* --> [held] --> rd_en, rd_addr -------------------------> registers
//   s_axil_r*  <-- [data] <-- rd_ack, rd_error, rd_data <------------------+
//
// Addresses on the register bus are those of 32-bit words. wr_en and rd_en are high for one cycle;
// address, data and strobes stay until the next access. From the cycle after the strobe on, the
// first cycle with ack high ends the access: it takes error and, of a read, rd_data. Registers
// that answer in the next cycle tie ack high. error high answers SLVERR, low OKAY.
// Address and data of a write may come in any order. Reads and writes are independent: one of each
// may be under way. Latency, ack tied high: wr_en two edges after the later of AW and W, B two
// more; rd_en one edge after AR, R two more. All outputs are registers.
`default_nettype none

module sterna_axil #(
    parameter ADDR = 12  // bits of a byte address, 3 or more
) (
    input  wire            clk,
    input  wire            rst,
    // AXI4-Lite
    input  wire [ADDR-1:0] s_axil_awaddr,
    input  wire            s_axil_awvalid,
    output wire            s_axil_awready,
    input  wire [    31:0] s_axil_wdata,
    input  wire [     3:0] s_axil_wstrb,
    input  wire            s_axil_wvalid,
    output wire            s_axil_wready,
    output wire [     1:0] s_axil_bresp,
    output reg             s_axil_bvalid,
    input  wire            s_axil_bready,
    input  wire [ADDR-1:0] s_axil_araddr,
    input  wire            s_axil_arvalid,
    output wire            s_axil_arready,
    output reg  [    31:0] s_axil_rdata,
    output wire [     1:0] s_axil_rresp,
    output reg             s_axil_rvalid,
    input  wire            s_axil_rready,
    // Register bus
    output reg             wr_en,
    output reg  [ADDR-3:0] wr_addr,
    output reg  [    31:0] wr_data,
    output reg  [     3:0] wr_strb,
    input  wire            wr_ack,
    input  wire            wr_error,
    output reg             rd_en,
    output reg  [ADDR-3:0] rd_addr,
    input  wire            rd_ack,
    input  wire            rd_error,
    input  wire [    31:0] rd_data
);

  initial begin
    if (ADDR < 3) begin
      $display("Cannot build sterna_axil: ADDR %0d", ADDR);
      $finish;
    end
  end

  reg aw_free;  // ready for an address
  reg w_free;
  reg ar_free;
  reg wr_wait;  // the strobe is out, its answer is not in
  reg rd_wait;
  reg wr_failed;
  reg rd_failed;

  assign s_axil_awready = aw_free;
  assign s_axil_wready = w_free;
  assign s_axil_arready = ar_free;
  assign s_axil_bresp = {wr_failed, 1'b0};
  assign s_axil_rresp = {rd_failed, 1'b0};

  wire wr_done = wr_wait && !wr_en && wr_ack;
  wire rd_done = rd_wait && !rd_en && rd_ack;

  always @(posedge clk) begin
    if (aw_free && s_axil_awvalid) begin
      aw_free <= 1'b0;
      wr_addr <= s_axil_awaddr[ADDR-1:2];
    end
    if (w_free && s_axil_wvalid) begin
      w_free  <= 1'b0;
      wr_data <= s_axil_wdata;
      wr_strb <= s_axil_wstrb;
    end

    wr_en <= !aw_free && !w_free && !wr_wait && !s_axil_bvalid;
    if (!aw_free && !w_free && !wr_wait && !s_axil_bvalid) wr_wait <= 1'b1;

    if (s_axil_bvalid && s_axil_bready) s_axil_bvalid <= 1'b0;
    if (wr_done) begin
      wr_wait <= 1'b0;
      wr_failed <= wr_error;
      s_axil_bvalid <= 1'b1;
      aw_free <= 1'b1;
      w_free <= 1'b1;
    end

    if (rst) begin
      aw_free <= 1'b1;
      w_free <= 1'b1;
      wr_en <= 1'b0;
      wr_wait <= 1'b0;
      s_axil_bvalid <= 1'b0;
    end
  end

  always @(posedge clk) begin
    rd_en <= ar_free && s_axil_arvalid;
    if (ar_free && s_axil_arvalid) begin
      ar_free <= 1'b0;
      rd_wait <= 1'b1;
      rd_addr <= s_axil_araddr[ADDR-1:2];
    end

    if (rd_done) begin
      rd_wait <= 1'b0;
      rd_failed <= rd_error;
      s_axil_rdata <= rd_data;
      s_axil_rvalid <= 1'b1;
    end
    if (s_axil_rvalid && s_axil_rready) begin
      s_axil_rvalid <= 1'b0;
      ar_free <= 1'b1;
    end

    if (rst) begin
      ar_free <= 1'b1;
      rd_en <= 1'b0;
      rd_wait <= 1'b0;
      s_axil_rvalid <= 1'b0;
    end
  end

  wire unused = &{1'b0, s_axil_awaddr[1:0], s_axil_araddr[1:0]};

endmodule

`default_nettype wire
