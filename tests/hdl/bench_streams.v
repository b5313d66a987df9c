// The modules built of others, side by side: FIFO, processing elements, AXI read master, AXI4-Lite
// slave. One build serves the tests of all of them.
`default_nettype none

module bench_streams (
    input  wire         clk,
    input  wire         rst,
    // sterna_fifo
    input  wire         fifo_in_valid,
    output wire         fifo_in_ready,
    input  wire [ 31:0] fifo_in_data,
    output wire         fifo_out_valid,
    input  wire         fifo_out_ready,
    output wire [ 31:0] fifo_out_data,
    output wire [  4:0] fifo_level,
    input  wire         pair_in_valid,
    output wire         pair_in_ready,
    input  wire [ 95:0] pair_in_data,
    output wire         pair_out_valid,
    input  wire         pair_out_ready,
    output wire [ 95:0] pair_out_data,
    output wire [  1:0] pair_level,
    // sterna_pe: base 3 with two batch lanes, and 2 bits with one; the answer is the accumulators
    // after each byte
    input  wire         base3_in_valid,
    output wire         base3_in_ready,
    input  wire         base3_in_first,
    input  wire [  7:0] base3_in_byte,
    input  wire [ 39:0] base3_in_codes0,
    input  wire [ 39:0] base3_in_codes1,
    output wire         base3_out_valid,
    input  wire         base3_out_ready,
    output wire [ 23:0] base3_out_acc0,
    output wire [ 23:0] base3_out_acc1,
    input  wire         two_in_valid,
    output wire         two_in_ready,
    input  wire         two_in_first,
    input  wire [  7:0] two_in_byte,
    input  wire [ 39:0] two_in_codes,
    output wire         two_out_valid,
    input  wire         two_out_ready,
    output wire [ 23:0] two_out_acc,
    // sterna_axi_read
    input  wire         cancel,
    input  wire         clear,
    output wire         busy,
    output wire         error,
    input  wire         cmd_valid,
    output wire         cmd_ready,
    input  wire [ 31:0] cmd_addr,
    input  wire [ 15:0] cmd_beats,
    output wire         read_valid,
    input  wire         read_ready,
    output wire [127:0] read_data,
    output wire         read_last,
    output wire [ 31:0] m_axi_araddr,
    output wire [  7:0] m_axi_arlen,
    output wire [  2:0] m_axi_arsize,
    output wire [  1:0] m_axi_arburst,
    output wire         m_axi_arvalid,
    input  wire         m_axi_arready,
    input  wire [127:0] m_axi_rdata,
    input  wire [  1:0] m_axi_rresp,
    input  wire         m_axi_rlast,
    input  wire         m_axi_rvalid,
    output wire         m_axi_rready,
    // sterna_axil on 16 registers of this bench, which answer after 1 to 8 cycles
    input  wire [  7:0] s_axil_awaddr,
    input  wire         s_axil_awvalid,
    output wire         s_axil_awready,
    input  wire [ 31:0] s_axil_wdata,
    input  wire [  3:0] s_axil_wstrb,
    input  wire         s_axil_wvalid,
    output wire         s_axil_wready,
    output wire [  1:0] s_axil_bresp,
    output wire         s_axil_bvalid,
    input  wire         s_axil_bready,
    input  wire [  7:0] s_axil_araddr,
    input  wire         s_axil_arvalid,
    output wire         s_axil_arready,
    output wire [ 31:0] s_axil_rdata,
    output wire [  1:0] s_axil_rresp,
    output wire         s_axil_rvalid,
    input  wire         s_axil_rready
);

  sterna_fifo #(
      .WIDTH(32),
      .DEPTH(16)
  ) fifo (
      .clk(clk),
      .rst(rst),
      .in_valid(fifo_in_valid),
      .in_ready(fifo_in_ready),
      .in_data(fifo_in_data),
      .out_valid(fifo_out_valid),
      .out_ready(fifo_out_ready),
      .out_data(fifo_out_data),
      .level(fifo_level)
  );

  sterna_fifo #(
      .WIDTH(96),
      .DEPTH(2)
  ) pair (
      .clk(clk),
      .rst(rst),
      .in_valid(pair_in_valid),
      .in_ready(pair_in_ready),
      .in_data(pair_in_data),
      .out_valid(pair_out_valid),
      .out_ready(pair_out_ready),
      .out_data(pair_out_data),
      .level(pair_level)
  );

  // What the callers of sterna_pe delay for it: codes by one enabled edge, valid and first by
  // three.
  wire base3_en;
  reg [79:0] base3_codes;
  reg [2:0] base3_valid;
  reg [2:0] base3_first;

  always @(posedge clk) begin
    if (base3_en) begin
      base3_codes <= {base3_in_codes1, base3_in_codes0};
      base3_valid <= {base3_valid[1:0], base3_in_valid};
      base3_first <= {base3_first[1:0], base3_in_first};
    end
    if (rst) base3_valid <= 3'd0;
  end

  bench_pipeline #(
      .LATENCY(4)
  ) base3_stages (
      .clk(clk),
      .rst(rst),
      .in_valid(base3_in_valid),
      .in_ready(base3_in_ready),
      .out_valid(base3_out_valid),
      .out_ready(base3_out_ready),
      .en(base3_en)
  );

  sterna_pe #(
      .BASE3(1),
      .BATCH(2)
  ) base3 (
      .clk(clk),
      .en(base3_en),
      .code_byte(base3_in_byte),
      .codes(base3_codes),
      .valid(base3_valid[2]),
      .first(base3_first[2]),
      .acc({base3_out_acc1, base3_out_acc0})
  );

  wire two_en;
  reg [39:0] two_codes;
  reg [2:0] two_valid;
  reg [2:0] two_first;

  always @(posedge clk) begin
    if (two_en) begin
      two_codes <= two_in_codes;
      two_valid <= {two_valid[1:0], two_in_valid};
      two_first <= {two_first[1:0], two_in_first};
    end
    if (rst) two_valid <= 3'd0;
  end

  bench_pipeline #(
      .LATENCY(4)
  ) two_stages (
      .clk(clk),
      .rst(rst),
      .in_valid(two_in_valid),
      .in_ready(two_in_ready),
      .out_valid(two_out_valid),
      .out_ready(two_out_ready),
      .en(two_en)
  );

  sterna_pe #(
      .BASE3(0)
  ) two (
      .clk(clk),
      .en(two_en),
      .code_byte(two_in_byte),
      .codes(two_codes),
      .valid(two_valid[2]),
      .first(two_first[2]),
      .acc(two_out_acc)
  );

  sterna_axi_read #(
      .ADDR(32),
      .DATA(128),
      .BURST(16),
      .OUTSTANDING(8),
      .BEATS(16)
  ) read (
      .clk(clk),
      .rst(rst),
      .cancel(cancel),
      .clear(clear),
      .busy(busy),
      .error(error),
      .cmd_valid(cmd_valid),
      .cmd_ready(cmd_ready),
      .cmd_addr(cmd_addr),
      .cmd_beats(cmd_beats),
      .out_valid(read_valid),
      .out_ready(read_ready),
      .out_data(read_data),
      .out_last(read_last),
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

  wire wr_en;
  wire [5:0] wr_addr;
  wire [31:0] wr_data;
  wire [3:0] wr_strb;
  wire rd_en;
  wire [5:0] rd_addr;
  wire wr_ack;
  wire rd_ack;

  reg [31:0] registers[0:15];
  reg [7:0] noise;  // any changing bits
  reg [2:0] wr_wait;
  reg [2:0] rd_wait;
  reg wr_open;
  reg rd_open;

  assign wr_ack = wr_open && wr_wait == 3'd0;
  assign rd_ack = rd_open && rd_wait == 3'd0;

  always @(posedge clk) begin
    noise <= {noise[6:0], noise[7] ^ noise[5] ^ noise[4] ^ noise[3]};
    if (wr_en && !wr_addr[4] && !wr_addr[5]) begin
      if (wr_strb[0]) registers[wr_addr[3:0]][7:0] <= wr_data[7:0];
      if (wr_strb[1]) registers[wr_addr[3:0]][15:8] <= wr_data[15:8];
      if (wr_strb[2]) registers[wr_addr[3:0]][23:16] <= wr_data[23:16];
      if (wr_strb[3]) registers[wr_addr[3:0]][31:24] <= wr_data[31:24];
    end
    if (wr_wait != 3'd0) wr_wait <= wr_wait - 3'd1;
    if (wr_ack) wr_open <= 1'b0;
    if (wr_en) begin
      wr_open <= 1'b1;
      wr_wait <= noise[2:0];
    end
    if (rd_wait != 3'd0) rd_wait <= rd_wait - 3'd1;
    if (rd_ack) rd_open <= 1'b0;
    if (rd_en) begin
      rd_open <= 1'b1;
      rd_wait <= noise[5:3];
    end
    if (rst) begin
      noise <= 8'd1;
      wr_open <= 1'b0;
      rd_open <= 1'b0;
    end
  end

  sterna_axil #(
      .ADDR(8)
  ) axil (
      .clk(clk),
      .rst(rst),
      .s_axil_awaddr(s_axil_awaddr),
      .s_axil_awvalid(s_axil_awvalid),
      .s_axil_awready(s_axil_awready),
      .s_axil_wdata(s_axil_wdata),
      .s_axil_wstrb(s_axil_wstrb),
      .s_axil_wvalid(s_axil_wvalid),
      .s_axil_wready(s_axil_wready),
      .s_axil_bresp(s_axil_bresp),
      .s_axil_bvalid(s_axil_bvalid),
      .s_axil_bready(s_axil_bready),
      .s_axil_araddr(s_axil_araddr),
      .s_axil_arvalid(s_axil_arvalid),
      .s_axil_arready(s_axil_arready),
      .s_axil_rdata(s_axil_rdata),
      .s_axil_rresp(s_axil_rresp),
      .s_axil_rvalid(s_axil_rvalid),
      .s_axil_rready(s_axil_rready),
      .wr_en(wr_en),
      .wr_addr(wr_addr),
      .wr_data(wr_data),
      .wr_strb(wr_strb),
      .wr_ack(wr_ack),
      .wr_error(wr_addr[4] || wr_addr[5]),
      .rd_en(rd_en),
      .rd_addr(rd_addr),
      .rd_ack(rd_ack),
      .rd_error(rd_addr[4] || rd_addr[5]),
      // The wrong data in every cycle but that of ack.
      .rd_data(rd_ack ? registers[rd_addr[3:0]] : ~registers[rd_addr[3:0]])
  );

endmodule

`default_nettype wire
