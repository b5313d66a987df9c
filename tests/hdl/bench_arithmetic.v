// The arithmetic modules side by side, each behind valid/ready streams of its own, so that one
// build serves the tests of all of them.
`default_nettype none

module bench_arithmetic (
    input  wire        clk,
    input  wire        rst,
    // sterna_mul_shift, both ways at once
    input  wire        mul_in_valid,
    output wire        mul_in_ready,
    input  wire [31:0] mul_in_x,
    input  wire [31:0] mul_in_y,
    input  wire [ 5:0] mul_in_s,
    output wire        mul_out_valid,
    input  wire        mul_out_ready,
    output wire [31:0] mul_out_low,
    output wire [31:0] mul_out_clamped,
    // sterna_scale
    input  wire        scale_in_valid,
    output wire        scale_in_ready,
    input  wire [31:0] scale_in_x,
    input  wire [15:0] scale_in_m,
    input  wire [11:0] scale_in_e,
    output wire        scale_out_valid,
    input  wire        scale_out_ready,
    output wire [31:0] scale_out_data,
    // sterna_sigma
    input  wire        table_valid,
    input  wire [ 8:0] table_addr,
    input  wire [26:0] table_data,
    input  wire        sigma_in_valid,
    output wire        sigma_in_ready,
    input  wire [31:0] sigma_in_x,
    input  wire [ 6:0] sigma_in_k,
    output wire        sigma_out_valid,
    input  wire        sigma_out_ready,
    output wire [16:0] sigma_out_data,
    // sterna_divide, full width and with the 17 bits that the scalar unit needs
    input  wire        wide_in_valid,
    output wire        wide_in_ready,
    input  wire [31:0] wide_in_num,
    input  wire [15:0] wide_in_den,
    output wire        wide_out_valid,
    output wire [31:0] wide_out_data,
    input  wire        short_in_valid,
    output wire        short_in_ready,
    input  wire [31:0] short_in_num,
    input  wire [15:0] short_in_den,
    output wire        short_out_valid,
    output wire [16:0] short_out_data,
    // sterna_isqrt
    input  wire        root_in_valid,
    output wire        root_in_ready,
    input  wire [31:0] root_in_data,
    output wire        root_out_valid,
    output wire [15:0] root_out_data
);

  wire mul_en;
  wire scale_en;
  wire sigma_en;
  wire wide_busy;
  wire short_busy;
  wire root_busy;

  bench_pipeline #(
      .LATENCY(6)
  ) mul_stages (
      .clk(clk),
      .rst(rst),
      .in_valid(mul_in_valid),
      .in_ready(mul_in_ready),
      .out_valid(mul_out_valid),
      .out_ready(mul_out_ready),
      .en(mul_en)
  );

  sterna_mul_shift #(
      .SATURATE(0)
  ) low (
      .clk(clk),
      .en(mul_en),
      .x(mul_in_x),
      .y(mul_in_y),
      .s(mul_in_s),
      .z(mul_out_low)
  );

  sterna_mul_shift #(
      .SATURATE(1)
  ) clamped (
      .clk(clk),
      .en(mul_en),
      .x(mul_in_x),
      .y(mul_in_y),
      .s(mul_in_s),
      .z(mul_out_clamped)
  );

  bench_pipeline #(
      .LATENCY(6)
  ) scale_stages (
      .clk(clk),
      .rst(rst),
      .in_valid(scale_in_valid),
      .in_ready(scale_in_ready),
      .out_valid(scale_out_valid),
      .out_ready(scale_out_ready),
      .en(scale_en)
  );

  sterna_scale scale (
      .clk(clk),
      .en(scale_en),
      .x(scale_in_x),
      .m(scale_in_m),
      .e(scale_in_e),
      .z(scale_out_data)
  );

  bench_pipeline #(
      .LATENCY(7)
  ) sigma_stages (
      .clk(clk),
      .rst(rst),
      .in_valid(sigma_in_valid),
      .in_ready(sigma_in_ready),
      .out_valid(sigma_out_valid),
      .out_ready(sigma_out_ready),
      .en(sigma_en)
  );

  sterna_sigma sigma (
      .clk(clk),
      .en(sigma_en),
      .x(sigma_in_x),
      .k(sigma_in_k),
      .v(sigma_out_data),
      .table_wr_en(table_valid),
      .table_wr_addr(table_addr),
      .table_wr_data(table_data)
  );

  assign wide_in_ready = !wide_busy;

  sterna_divide wide_divide (
      .clk(clk),
      .rst(rst),
      .start(wide_in_valid),
      .num(wide_in_num),
      .den(wide_in_den),
      .busy(wide_busy),
      .done(wide_out_valid),
      .quot(wide_out_data)
  );

  assign short_in_ready = !short_busy;

  sterna_divide #(
      .NUM (32),
      .DEN (16),
      .QUOT(17)
  ) short_divide (
      .clk(clk),
      .rst(rst),
      .start(short_in_valid),
      .num(short_in_num),
      .den(short_in_den),
      .busy(short_busy),
      .done(short_out_valid),
      .quot(short_out_data)
  );

  assign root_in_ready = !root_busy;

  sterna_isqrt isqrt (
      .clk(clk),
      .rst(rst),
      .start(root_in_valid),
      .v(root_in_data),
      .busy(root_busy),
      .done(root_out_valid),
      .root(root_out_data)
  );

endmodule

`default_nettype wire
