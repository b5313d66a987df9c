// Four registers of 32 bits behind AXI4-Lite; addresses above them answer with SLVERR. Write data
// and write address may come in either order.
`default_nettype none

module axi_lite_registers (
    input  wire        clk,
    input  wire        rst,
    input  wire [ 7:0] s_axil_awaddr,
    input  wire        s_axil_awvalid,
    output wire        s_axil_awready,
    input  wire [31:0] s_axil_wdata,
    input  wire [ 3:0] s_axil_wstrb,
    input  wire        s_axil_wvalid,
    output wire        s_axil_wready,
    output reg  [ 1:0] s_axil_bresp,
    output reg         s_axil_bvalid,
    input  wire        s_axil_bready,
    input  wire [ 7:0] s_axil_araddr,
    input  wire        s_axil_arvalid,
    output wire        s_axil_arready,
    output reg  [31:0] s_axil_rdata,
    output reg  [ 1:0] s_axil_rresp,
    output reg         s_axil_rvalid,
    input  wire        s_axil_rready
);

  reg [31:0] registers[0:3];

  wire write = s_axil_awvalid && s_axil_wvalid && !s_axil_bvalid;
  wire read = s_axil_arvalid && !s_axil_rvalid;
  wire write_known = s_axil_awaddr[7:4] == 4'd0;
  wire read_known = s_axil_araddr[7:4] == 4'd0;

  assign s_axil_awready = write;
  assign s_axil_wready  = write;
  assign s_axil_arready = read;

  always @(posedge clk) begin
    if (write && write_known) begin
      if (s_axil_wstrb[0]) registers[s_axil_awaddr[3:2]][7:0] <= s_axil_wdata[7:0];
      if (s_axil_wstrb[1]) registers[s_axil_awaddr[3:2]][15:8] <= s_axil_wdata[15:8];
      if (s_axil_wstrb[2]) registers[s_axil_awaddr[3:2]][23:16] <= s_axil_wdata[23:16];
      if (s_axil_wstrb[3]) registers[s_axil_awaddr[3:2]][31:24] <= s_axil_wdata[31:24];
    end
    if (read) s_axil_rdata <= registers[s_axil_araddr[3:2]];
  end

  always @(posedge clk) begin
    if (write) begin
      s_axil_bvalid <= 1'b1;
      s_axil_bresp  <= {!write_known, 1'b0};
    end else if (s_axil_bready) begin
      s_axil_bvalid <= 1'b0;
    end
    if (read) begin
      s_axil_rvalid <= 1'b1;
      s_axil_rresp  <= {!read_known, 1'b0};
    end else if (s_axil_rready) begin
      s_axil_rvalid <= 1'b0;
    end
    if (rst) begin
      s_axil_bvalid <= 1'b0;
      s_axil_rvalid <= 1'b0;
    end
  end

  // The two lowest address bits only choose a byte, and a register is 32 bits.
  wire unused = &{1'b0, s_axil_awaddr[1:0], s_axil_araddr[1:0]};

endmodule

`default_nettype wire
