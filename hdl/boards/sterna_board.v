// A build of Sterna on a board with an SDRAM of 16 bits and a serial line: everything but pins and
// clock, so that any simulator runs it.
//
//   rx, tx -- sterna_uart_host -- AXI4-Lite -- sterna_top -- AXI4 -- sterna_sdram -- sdram_*
//                     \--------------- words of the image --------------/
//
// The host fills the memory with the image, sets base 0, loads, and asks for a token at a time;
// the largest logit and its token are registers, so the stream of logits leads nowhere.
// Builds without a block unit only: the memory port does not write.
`default_nettype none

module sterna_board #(
    parameter BEAT     = 16,     // bytes of a beat of sterna_top
    parameter LANES    = 4,      // vector lanes of sterna_top
    parameter DIVIDER  = 25,     // clocks of a bit on the serial line
    parameter COL      = 9,      // the rest: see sterna_sdram
    parameter ROW      = 13,
    parameter LATENCY  = 2,
    parameter POWER_UP = 10000,
    parameter REFRESH  = 384,
    parameter RCD      = 1,
    parameter RP       = 1,
    parameter RAS      = 3,
    parameter RFC      = 4,
    parameter WR       = 2
) (
    input  wire           clk,
    input  wire           rst,
    input  wire           rx,
    output wire           tx,
    output wire           irq,
    output wire           sdram_ras_n,
    output wire           sdram_cas_n,
    output wire           sdram_we_n,
    output wire [    1:0] sdram_ba,
    output wire [ROW-1:0] sdram_a,
    output wire [   15:0] sdram_dq_out,
    output wire           sdram_dq_drive,
    input  wire [   15:0] sdram_dq_in     // registered
);

  localparam ADDR = 40;

  wire [8:0] awaddr;
  wire awvalid;
  wire awready;
  wire [31:0] wdata;
  wire [3:0] wstrb;
  wire wvalid;
  wire wready;
  wire [1:0] bresp;
  wire bvalid;
  wire bready;
  wire [8:0] araddr;
  wire arvalid;
  wire arready;
  wire [31:0] rdata;
  wire [1:0] rresp;
  wire rvalid;
  wire rready;
  wire fill_valid;
  wire fill_ready;
  wire [COL+ROW+1:0] fill_word;
  wire [15:0] fill_data;

  sterna_uart_host #(
      .DIVIDER(DIVIDER),
      .WORD(COL + ROW + 2)
  ) host (
      .clk(clk),
      .rst(rst),
      .rx(rx),
      .tx(tx),
      .m_axil_awaddr(awaddr),
      .m_axil_awvalid(awvalid),
      .m_axil_awready(awready),
      .m_axil_wdata(wdata),
      .m_axil_wstrb(wstrb),
      .m_axil_wvalid(wvalid),
      .m_axil_wready(wready),
      .m_axil_bresp(bresp),
      .m_axil_bvalid(bvalid),
      .m_axil_bready(bready),
      .m_axil_araddr(araddr),
      .m_axil_arvalid(arvalid),
      .m_axil_arready(arready),
      .m_axil_rdata(rdata),
      .m_axil_rresp(rresp),
      .m_axil_rvalid(rvalid),
      .m_axil_rready(rready),
      .fill_valid(fill_valid),
      .fill_ready(fill_ready),
      .fill_word(fill_word),
      .fill_data(fill_data)
  );

  wire [ADDR-1:0] mem_araddr;
  wire [7:0] mem_arlen;
  wire [2:0] mem_arsize;
  wire [1:0] mem_arburst;
  wire mem_arvalid;
  wire mem_arready;
  wire [8*BEAT-1:0] mem_rdata;
  wire [1:0] mem_rresp;
  wire mem_rlast;
  wire mem_rvalid;
  wire mem_rready;
  wire [32*LANES-1:0] logits_data;
  wire [LANES-1:0] logits_keep;
  wire logits_last;
  wire logits_valid;

  sterna_top core (
      .clk(clk),
      .rst(rst),
      .irq(irq),
      .s_axil_awaddr(awaddr),
      .s_axil_awvalid(awvalid),
      .s_axil_awready(awready),
      .s_axil_wdata(wdata),
      .s_axil_wstrb(wstrb),
      .s_axil_wvalid(wvalid),
      .s_axil_wready(wready),
      .s_axil_bresp(bresp),
      .s_axil_bvalid(bvalid),
      .s_axil_bready(bready),
      .s_axil_araddr(araddr),
      .s_axil_arvalid(arvalid),
      .s_axil_arready(arready),
      .s_axil_rdata(rdata),
      .s_axil_rresp(rresp),
      .s_axil_rvalid(rvalid),
      .s_axil_rready(rready),
      .m_axi_araddr(mem_araddr),
      .m_axi_arlen(mem_arlen),
      .m_axi_arsize(mem_arsize),
      .m_axi_arburst(mem_arburst),
      .m_axi_arvalid(mem_arvalid),
      .m_axi_arready(mem_arready),
      .m_axi_rdata(mem_rdata),
      .m_axi_rresp(mem_rresp),
      .m_axi_rlast(mem_rlast),
      .m_axi_rvalid(mem_rvalid),
      .m_axi_rready(mem_rready),
      .m_axis_logits_tdata(logits_data),
      .m_axis_logits_tkeep(logits_keep),
      .m_axis_logits_tlast(logits_last),
      .m_axis_logits_tvalid(logits_valid),
      .m_axis_logits_tready(1'b1)
  );

  sterna_sdram #(
      .ADDR(ADDR),
      .BEAT(BEAT),
      .COL(COL),
      .ROW(ROW),
      .LATENCY(LATENCY),
      .POWER_UP(POWER_UP),
      .REFRESH(REFRESH),
      .RCD(RCD),
      .RP(RP),
      .RAS(RAS),
      .RFC(RFC),
      .WR(WR)
  ) memory (
      .clk(clk),
      .rst(rst),
      .s_axi_araddr(mem_araddr),
      .s_axi_arlen(mem_arlen),
      .s_axi_arvalid(mem_arvalid),
      .s_axi_arready(mem_arready),
      .s_axi_rdata(mem_rdata),
      .s_axi_rresp(mem_rresp),
      .s_axi_rlast(mem_rlast),
      .s_axi_rvalid(mem_rvalid),
      .s_axi_rready(mem_rready),
      .fill_valid(fill_valid),
      .fill_ready(fill_ready),
      .fill_word(fill_word),
      .fill_data(fill_data),
      .sdram_ras_n(sdram_ras_n),
      .sdram_cas_n(sdram_cas_n),
      .sdram_we_n(sdram_we_n),
      .sdram_ba(sdram_ba),
      .sdram_a(sdram_a),
      .sdram_dq_out(sdram_dq_out),
      .sdram_dq_drive(sdram_dq_drive),
      .sdram_dq_in(sdram_dq_in)
  );

  wire unused = &{1'b0, mem_arsize, mem_arburst, logits_data, logits_keep, logits_last,
                  logits_valid};

endmodule

`default_nettype wire
