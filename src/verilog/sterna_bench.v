// A test bench for sterna_top that needs nothing but a simulator: reads image.bin, loads it, runs
// one token and prints what comes out.
//
// With Icarus:    iverilog -g2005 -s sterna_tb -o tb -c files.f sterna_bench.v sterna_tb.v
//                 vvp tb +id=3
// With Verilator: verilator --binary --timing -Wno-fatal --top-module sterna_tb -f files.f \
//                     sterna_bench.v sterna_tb.v
//                 obj_dir/Vsterna_tb +id=3
//
// +id=N is the token that goes in (default 1), +logits prints every logit. The memory answers one
// burst after the other, so cycles are more than with a memory that takes several.
`timescale 1ns / 1ps
`default_nettype none

module sterna_bench #(
    parameter BEAT        = 16,    // bytes of a beat
    parameter LANES       = 4,     // logits of a word
    parameter BATCH       = 1,     // slices, of which the first one has the token
    parameter IMAGE_BYTES = 4096,  // size of image.bin
    parameter CACHE_BYTES = 0,     // caches of attention behind it
    parameter WRITES      = 0      // 1: caches are written
);

  reg clk = 1'b0;
  reg rst = 1'b1;
  always #5 clk = !clk;

  // The image

  reg [7:0] image[0:IMAGE_BYTES+CACHE_BYTES-1];
  integer file;
  integer got;

  // Memory: INCR bursts of whole beats

  wire [39:0] araddr;
  wire [7:0] arlen;
  wire [2:0] arsize;
  wire [1:0] arburst;
  wire arvalid;
  wire rready;
  reg [8*BEAT-1:0] rdata;
  reg rvalid = 1'b0;
  reg rlast = 1'b0;
  reg [8:0] beats_left = 9'd0;
  reg [39:0] place = 40'd0;
  wire arready = beats_left == 9'd0 && !rvalid;
  integer i;

  always @(posedge clk) begin
    if (rvalid && rready) rvalid <= 1'b0;
    if (arvalid && arready) begin
      beats_left <= {1'b0, arlen} + 9'd1;
      place <= araddr;
    end else if (beats_left != 9'd0 && (!rvalid || rready)) begin
      for (i = 0; i < BEAT; i = i + 1) begin
        rdata[8*i+:8] <= place + i < IMAGE_BYTES + CACHE_BYTES ? image[place+i] : 8'd0;
      end
      rvalid <= 1'b1;
      rlast <= beats_left == 9'd1;
      beats_left <= beats_left - 9'd1;
      place <= place + BEAT;
    end
    if (rst) rvalid <= 1'b0;
  end

  // Registers

  reg [8:0] awaddr = 9'd0;
  reg awvalid = 1'b0;
  reg [31:0] wdata = 32'd0;
  reg wvalid = 1'b0;
  reg [8:0] araddr_l = 9'd0;
  reg arvalid_l = 1'b0;
  wire awready;
  wire wready;
  wire bvalid;
  wire [1:0] bresp;
  wire arready_l;
  wire rvalid_l;
  wire [31:0] rdata_l;
  wire [1:0] rresp_l;
  wire irq;
  wire [32*LANES*BATCH-1:0] logits;
  wire [LANES-1:0] keep;
  wire last;
  wire logits_valid;

// Every build has these ports, those with a block unit write as well.
`define STERNA_PORTS \
      .clk(clk), \
      .rst(rst), \
      .irq(irq), \
      .s_axil_awaddr(awaddr), \
      .s_axil_awvalid(awvalid), \
      .s_axil_awready(awready), \
      .s_axil_wdata(wdata), \
      .s_axil_wstrb(4'hf), \
      .s_axil_wvalid(wvalid), \
      .s_axil_wready(wready), \
      .s_axil_bresp(bresp), \
      .s_axil_bvalid(bvalid), \
      .s_axil_bready(1'b1), \
      .s_axil_araddr(araddr_l), \
      .s_axil_arvalid(arvalid_l), \
      .s_axil_arready(arready_l), \
      .s_axil_rdata(rdata_l), \
      .s_axil_rresp(rresp_l), \
      .s_axil_rvalid(rvalid_l), \
      .s_axil_rready(1'b1), \
      .m_axi_araddr(araddr), \
      .m_axi_arlen(arlen), \
      .m_axi_arsize(arsize), \
      .m_axi_arburst(arburst), \
      .m_axi_arvalid(arvalid), \
      .m_axi_arready(arready), \
      .m_axi_rdata(rdata), \
      .m_axi_rresp(2'b00), \
      .m_axi_rlast(rlast), \
      .m_axi_rvalid(rvalid), \
      .m_axi_rready(rready), \
      .m_axis_logits_tdata(logits), \
      .m_axis_logits_tkeep(keep), \
      .m_axis_logits_tlast(last), \
      .m_axis_logits_tvalid(logits_valid), \
      .m_axis_logits_tready(1'b1)

  generate
    if (WRITES != 0) begin : writing
      wire [39:0] awaddr_m;
      wire [7:0] awlen;
      wire [2:0] awsize;
      wire [1:0] awburst;
      wire awvalid_m;
      wire [8*BEAT-1:0] wdata_m;
      wire [BEAT-1:0] wstrb;
      wire wlast;
      wire wvalid_m;
      wire bready_m;
      reg bvalid_m = 1'b0;
      wire both = awvalid_m && wvalid_m && !bvalid_m;
      integer k;

      always @(posedge clk) begin
        if (both) begin
          for (k = 0; k < BEAT; k = k + 1) begin
            if (wstrb[k]) image[awaddr_m+k] <= wdata_m[8*k+:8];
          end
        end
        bvalid_m <= both || (bvalid_m && !bready_m);
        if (rst) bvalid_m <= 1'b0;
      end

      sterna_top dut (
          `STERNA_PORTS,
          .m_axi_awaddr(awaddr_m),
          .m_axi_awlen(awlen),
          .m_axi_awsize(awsize),
          .m_axi_awburst(awburst),
          .m_axi_awvalid(awvalid_m),
          .m_axi_awready(both),
          .m_axi_wdata(wdata_m),
          .m_axi_wstrb(wstrb),
          .m_axi_wlast(wlast),
          .m_axi_wvalid(wvalid_m),
          .m_axi_wready(both),
          .m_axi_bresp(2'b00),
          .m_axi_bvalid(bvalid_m),
          .m_axi_bready(bready_m)
      );
    end else begin : reading
      sterna_top dut (
          `STERNA_PORTS
      );
    end
  endgenerate

  task write(input [8:0] address, input [31:0] value);
    begin
      @(negedge clk);
      awaddr = address;
      wdata = value;
      awvalid = 1'b1;
      wvalid = 1'b1;
      while (!(awready && wready)) @(negedge clk);
      @(negedge clk);
      awvalid = 1'b0;
      wvalid = 1'b0;
      while (!bvalid) @(negedge clk);
    end
  endtask

  reg [31:0] value;

  task read(input [8:0] address);
    begin
      @(negedge clk);
      araddr_l = address;
      arvalid_l = 1'b1;
      while (!arready_l) @(negedge clk);
      @(negedge clk);
      arvalid_l = 1'b0;
      while (!rvalid_l) @(negedge clk);
      value = rdata_l;
    end
  endtask

  // Logits

  reg show = 1'b0;
  integer index = 0;
  integer l;

  always @(posedge clk) begin
    if (logits_valid && show) begin
      for (l = 0; l < LANES; l = l + 1) begin
        if (keep[l]) $display("logit %0d %0d", index + l, $signed(logits[32*l+:32]));
      end
      index <= last ? 0 : index + LANES;
    end
  end

  // The run

  integer id;

  initial begin
    file = $fopen("image.bin", "rb");
    if (file == 0) begin
      $display("Cannot open image.bin");
      $finish;
    end
    got = $fread(image, file);
    $fclose(file);
    if (got != IMAGE_BYTES) begin
      $display("Cannot read image.bin: %0d of %0d bytes", got, IMAGE_BYTES);
      $finish;
    end
    if (!$value$plusargs("id=%d", id)) id = 1;
    show = $test$plusargs("logits") != 0;
    repeat (4) @(negedge clk);
    rst = 1'b0;
    write(9'h03c, {31'd0, show});
    write(9'h008, 32'd1);  // load
    value = 32'd4;
    while (value[2]) read(9'h00c);
    write(9'h008, 32'd8);  // clear the state
    value = 32'd16;
    while (value[4]) read(9'h00c);
    write(9'h018, id);
    write(9'h024, 32'd3);
    write(9'h028, 32'd7);
    write(9'h008, 32'd2);  // start
    while (!irq) @(negedge clk);
    read(9'h00c);
    if (value[15:8] != 8'd0) $display("error %0d", value[15:8]);
    read(9'h01c);
    $display("token %0d", value);
    read(9'h080);
    $display("cycles %0d", value);
    $finish;
  end

endmodule

`default_nettype wire
