// The bus masters and the register slave, against a memory or a host that does anything that AXI
// allows: pauses of any length on every channel, and error responses.
`default_nettype none

// DATA bits of a beat; a beat's data is what the solver likes, and one beat of the command is
// followed. Reset only at the start, as it is for the whole bus.
module formal_axi_read #(
    parameter ADDR        = 7,
    parameter DATA        = 16,
    parameter BURST       = 2,
    parameter OUTSTANDING = 2,
    parameter BEATS       = 3,
    parameter ERRORS      = 0
) (
    input wire             clk,
    input wire             cancel_at,
    input wire             clear,
    input wire             cmd_valid,
    input wire [ ADDR-1:0] cmd_addr,
    input wire [BEATS-1:0] cmd_beats,
    input wire             out_ready,
    input wire             arready,
    input wire [ DATA-1:0] rdata,
    input wire             rbad,
    input wire             rvalid_at
);

  localparam SIZE = $clog2(DATA / 8);

  reg started = 1'b0;
  always @(posedge clk) started <= 1'b1;
  wire rst = !started;
  wire cancel = ERRORS && cancel_at;

  wire busy;
  wire error;
  wire cmd_ready;
  wire out_valid;
  wire [DATA-1:0] out_data;
  wire out_last;
  wire [ADDR-1:0] araddr;
  wire [7:0] arlen;
  wire arvalid;
  wire rready;
  wire rvalid;
  wire rlast;

  sterna_axi_read #(
      .ADDR(ADDR),
      .DATA(DATA),
      .BURST(BURST),
      .OUTSTANDING(OUTSTANDING),
      .BEATS(BEATS)
  ) dut (
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
      .out_valid(out_valid),
      .out_ready(out_ready),
      .out_data(out_data),
      .out_last(out_last),
      .m_axi_araddr(araddr),
      .m_axi_arlen(arlen),
      .m_axi_arvalid(arvalid),
      .m_axi_arready(arready),
      .m_axi_rdata(rdata),
      .m_axi_rresp({rbad && ERRORS, 1'b0}),
      .m_axi_rlast(rlast),
      .m_axi_rvalid(rvalid),
      .m_axi_rready(rready)
  );

  // The memory: a queue of the lengths of its bursts, oldest first.
  wire ar = arvalid && arready;
  wire r = rvalid && rready;
  reg [7:0] lengths[0:3];
  reg [2:0] bursts;
  reg [7:0] beat;
  wire ends = r && rlast;
  assign rvalid = rvalid_at && bursts != 3'd0;
  assign rlast  = beat == lengths[0];
  wire [2:0] after = bursts - {2'd0, ends};

  always @(posedge clk) begin
    if (ends) begin
      lengths[0] <= lengths[1];
      lengths[1] <= lengths[2];
      lengths[2] <= lengths[3];
    end
    if (ar) lengths[after[1:0]] <= arlen;
    bursts <= after + {2'd0, ar};
    if (r) beat <= rlast ? 8'd0 : beat + 8'd1;
    if (rst) bursts <= 3'd0;
    if (rst) beat <= 8'd0;
  end

  formal_hold #(
      .WIDTH(ADDR + 8)
  ) hold_ar (
      .clk(clk),
      .rst(rst),
      .valid(arvalid),
      .ready(arready),
      .data({araddr, arlen})
  );

  formal_hold #(
      .WIDTH(DATA + 1)
  ) hold_out (
      .clk(clk),
      .rst(rst || cancel),
      .valid(out_valid),
      .ready(out_ready),
      .data({out_last, out_data})
  );

  // Beats of the bus come out as they came, until an error or a cancel.
  wire stop = cancel || error;
  wire [7:0] inside;
  formal_order #(
      .WIDTH(DATA),
      .CAPACITY(2)
  ) order (
      .clk(clk),
      .rst(rst || cancel),
      .push(r && !stop && !(rbad && ERRORS)),
      .in_data(rdata),
      .out_valid(out_valid),
      .pop(out_valid && out_ready),
      .out_data(out_data),
      .inside(inside)
  );

  // The command: its addresses follow each other, and its beats are as many as it asked for.
  reg [ADDR-SIZE-1:0] next;
  reg [7:0] ask;      // beats of the command not yet asked for
  reg waiting;        // a command was taken while the last burst of the one before is offered
  reg [ADDR-SIZE-1:0] next_after;
  reg [7:0] ask_after;
  reg [7:0] to_come;  // beats not yet delivered, of all commands
  reg [7:0] of_first; // of those, of the command that is delivered
  reg second;         // another command is behind it
  wire accept = cmd_valid && cmd_ready;
  wire out = out_valid && out_ready;
  wire last_out = out && of_first == 8'd1;

  always @(posedge clk) begin
    if (accept && (!arvalid || ar)) begin
      next <= cmd_addr[ADDR-1:SIZE];
      ask  <= cmd_beats;
    end else if (accept) begin
      next_after <= cmd_addr[ADDR-1:SIZE];
      ask_after <= cmd_beats;
      waiting <= 1'b1;
    end else if (ar) begin
      next <= waiting ? next_after : next + arlen + 1'b1;
      ask <= waiting ? ask_after : ask - arlen - 8'd1;
      waiting <= 1'b0;
    end
    to_come <= to_come + (accept ? cmd_beats : 8'd0) - {7'd0, out};
    if (accept && to_come == {7'd0, out}) of_first <= cmd_beats;
    else of_first <= last_out ? to_come - 8'd1 : of_first - {7'd0, out};
    if (rst) begin
      ask <= 8'd0;
      waiting <= 1'b0;
      to_come <= 8'd0;
      of_first <= 8'd0;
    end
  end

  reg failed;
  always @(posedge clk) begin
    failed <= (r && rbad && ERRORS && !stop) || (failed && !(clear && !busy));
    if (rst) failed <= 1'b0;
  end

  wire [8:0] place = {1'b0, araddr[SIZE+:$clog2(BURST)]} + {1'b0, arlen};

  always @* begin
    // Two commands at most are under way here, so that of_first is right.
    if (to_come != of_first || waiting) assume (!cmd_valid);
    if (busy) assume (!clear);
    if (!rst) begin
      assert (bursts <= OUTSTANDING);
      if (arvalid) assert (place < BURST);
      if (!busy) assert (bursts == 3'd0 && !arvalid);
      assert (error == failed);
      if (error) assert (!cmd_ready);
      if (!ERRORS) begin
        assert (!error);
        if (arvalid) assert (araddr == {next, {SIZE{1'b0}}} && ask > arlen);
        // The last burst of a command asks for all that is left of it.
        if (arvalid && waiting) assert (ask == arlen + 8'd1);
        if (out_valid) assert (of_first != 8'd0 && out_last == (of_first == 8'd1));
        if (!busy && inside == 8'd0) assert (to_come == 8'd0);
      end
    end
  end

endmodule

// SLVERR and DECERR set error, and it stays until clear.
module formal_axi_write #(
    parameter ADDR = 4,
    parameter BEAT = 2
) (
    input wire              clk,
    input wire              clear,
    input wire              in_valid,
    input wire [       2:0] in_addr,
    input wire [8*BEAT-1:0] in_data,
    input wire              awready,
    input wire              wready,
    input wire [       1:0] bresp,
    input wire              bvalid_at
);

  reg started = 1'b0;
  always @(posedge clk) started <= 1'b1;
  wire rst = !started;

  wire busy;
  wire error;
  wire in_ready;
  wire [ADDR-1:0] awaddr;
  wire [7:0] awlen;
  wire awvalid;
  wire [8*BEAT-1:0] wdata;
  wire [BEAT-1:0] wstrb;
  wire wlast;
  wire wvalid;
  wire bready;
  reg [4:0] asked;    // addresses without a response
  reg [4:0] written;  // data without a response
  wire bvalid = bvalid_at && asked != 5'd0 && written != 5'd0;

  sterna_axi_write #(
      .ADDR(ADDR),
      .BEAT(BEAT)
  ) dut (
      .clk(clk),
      .rst(rst),
      .clear(clear),
      .busy(busy),
      .error(error),
      .in_valid(in_valid),
      .in_ready(in_ready),
      .in_addr(in_addr),
      .in_data(in_data),
      .m_axi_awaddr(awaddr),
      .m_axi_awlen(awlen),
      .m_axi_awvalid(awvalid),
      .m_axi_awready(awready),
      .m_axi_wdata(wdata),
      .m_axi_wstrb(wstrb),
      .m_axi_wlast(wlast),
      .m_axi_wvalid(wvalid),
      .m_axi_wready(wready),
      .m_axi_bresp(bresp),
      .m_axi_bvalid(bvalid),
      .m_axi_bready(bready)
  );

  wire accept = in_valid && in_ready;
  wire aw = awvalid && awready;
  wire w = wvalid && wready;
  wire b = bvalid && bready;
  reg [4:0] open;
  reg failed;

  always @(posedge clk) begin
    open <= open + {4'd0, accept} - {4'd0, b};
    asked <= asked + {4'd0, aw} - {4'd0, b};
    written <= written + {4'd0, w} - {4'd0, b};
    failed <= (b && bresp[1]) || (failed && !clear);
    if (rst) begin
      open <= 5'd0;
      asked <= 5'd0;
      written <= 5'd0;
      failed <= 1'b0;
    end
  end

  wire [7:0] addresses;
  formal_order #(
      .WIDTH(3),
      .CAPACITY(1)
  ) order_aw (
      .clk(clk),
      .rst(rst),
      .push(accept),
      .in_data(in_addr),
      .out_valid(awvalid),
      .pop(aw),
      .out_data(awaddr[3:1]),
      .inside(addresses)
  );

  wire [7:0] datas;
  formal_order #(
      .WIDTH(8 * BEAT),
      .CAPACITY(1)
  ) order_w (
      .clk(clk),
      .rst(rst),
      .push(accept),
      .in_data(in_data),
      .out_valid(wvalid),
      .pop(w),
      .out_data(wdata),
      .inside(datas)
  );

  formal_hold #(
      .WIDTH(ADDR)
  ) hold_aw (
      .clk(clk),
      .rst(rst),
      .valid(awvalid),
      .ready(awready),
      .data(awaddr)
  );

  formal_hold #(
      .WIDTH(8 * BEAT)
  ) hold_w (
      .clk(clk),
      .rst(rst),
      .valid(wvalid),
      .ready(wready),
      .data(wdata)
  );

  always @* begin
    if (!rst) begin
      assert (busy == (open != 5'd0));
      assert (error == failed);
      assert (asked <= 5'd8 && written <= 5'd8);
      if (awvalid) assert (awlen == 8'd0 && !awaddr[0]);
      if (wvalid) assert (wlast && wstrb == {BEAT{1'b1}});
    end
  end

endmodule

// FIELD bits of address and data are followed; the rest goes the same way.
module formal_axil #(
    parameter ADDR = 4
) (
    input wire            clk,
    input wire [ADDR-1:0] awaddr,
    input wire            awvalid,
    input wire [    31:0] wdata,
    input wire            wvalid,
    input wire            bready,
    input wire [ADDR-1:0] araddr,
    input wire            arvalid,
    input wire            rready,
    input wire            wr_ack,
    input wire            wr_error,
    input wire            rd_ack,
    input wire            rd_error,
    input wire [    31:0] rd_data
);

  reg started = 1'b0;
  always @(posedge clk) started <= 1'b1;
  wire rst = !started;

  wire awready;
  wire wready;
  wire [1:0] bresp;
  wire bvalid;
  wire arready;
  wire [31:0] rdata;
  wire [1:0] rresp;
  wire rvalid;
  wire wr_en;
  wire [ADDR-3:0] wr_addr;
  wire [31:0] wr_data;
  wire rd_en;
  wire [ADDR-3:0] rd_addr;

  sterna_axil #(
      .ADDR(ADDR)
  ) dut (
      .clk(clk),
      .rst(rst),
      .s_axil_awaddr(awaddr),
      .s_axil_awvalid(awvalid),
      .s_axil_awready(awready),
      .s_axil_wdata(wdata),
      .s_axil_wstrb(4'd15),
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
      .wr_en(wr_en),
      .wr_addr(wr_addr),
      .wr_data(wr_data),
      .wr_ack(wr_ack),
      .wr_error(wr_error),
      .rd_en(rd_en),
      .rd_addr(rd_addr),
      .rd_ack(rd_ack),
      .rd_error(rd_error),
      .rd_data(rd_data)
  );

  // Writes: address and data wait for the strobe, the strobe for its answer, that for B.
  wire aw = awvalid && awready;
  wire w = wvalid && wready;
  wire b = bvalid && bready;
  reg have_address;
  reg have_data;
  reg [ADDR-3:0] address;
  reg [31:0] data;
  reg answered;  // the strobe was answered, B has not gone
  reg waits;     // the strobe has been, its answer has not
  reg failed;
  wire answer = waits && !wr_en && wr_ack;

  always @(posedge clk) begin
    if (aw) address <= awaddr[ADDR-1:2];
    if (w) data <= wdata;
    have_address <= aw || (have_address && !wr_en);
    have_data <= w || (have_data && !wr_en);
    waits <= wr_en || (waits && !answer);
    if (answer) failed <= wr_error;
    answered <= answer || (answered && !b);
    if (rst) begin
      have_address <= 1'b0;
      have_data <= 1'b0;
      waits <= 1'b0;
      answered <= 1'b0;
    end
  end

  // Reads
  wire ar = arvalid && arready;
  wire r = rvalid && rready;
  reg asked;
  reg [ADDR-3:0] read_address;
  reg read_waits;
  reg read_answered;
  reg read_failed;
  reg [31:0] value;
  wire read_answer = read_waits && !rd_en && rd_ack;

  always @(posedge clk) begin
    if (ar) read_address <= araddr[ADDR-1:2];
    asked <= ar || (asked && !rd_en);
    read_waits <= rd_en || (read_waits && !read_answer);
    if (read_answer) read_failed <= rd_error;
    if (read_answer) value <= rd_data;
    read_answered <= read_answer || (read_answered && !r);
    if (rst) begin
      asked <= 1'b0;
      read_waits <= 1'b0;
      read_answered <= 1'b0;
    end
  end

  formal_hold #(
      .WIDTH(2)
  ) hold_b (
      .clk(clk),
      .rst(rst),
      .valid(bvalid),
      .ready(bready),
      .data(bresp)
  );

  formal_hold #(
      .WIDTH(34)
  ) hold_r (
      .clk(clk),
      .rst(rst),
      .valid(rvalid),
      .ready(rready),
      .data({rresp, rdata})
  );

  always @* begin
    if (!rst) begin
      // One strobe for one address and one data, with both of them; none before the answer.
      if (wr_en) assert (have_address && have_data && !waits && !answered);
      if (wr_en) assert (wr_addr == address && wr_data == data);
      assert (bvalid == answered);
      if (bvalid) assert (bresp == {failed, 1'b0});
      if (rd_en) assert (asked && !read_waits && !read_answered && rd_addr == read_address);
      assert (rvalid == read_answered);
      if (rvalid) assert (rresp == {read_failed, 1'b0} && rdata == value);
      // An access that is under way holds its address.
      if (asked || read_waits) assert (!arready && rd_addr == read_address);
      if (have_address && !wr_en) assert (!awready);
    end
  end

endmodule

`default_nettype wire
