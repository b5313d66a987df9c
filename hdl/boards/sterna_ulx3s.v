// sterna_board on the ULX3S (LFE5U-85F): pins, the clock from 25 MHz, and the reset. Pins are named
// as in the board's own constraints, doc/constraints/ulx3s_v20.lpf.
//
// The SDRAM's clock is the inverse of clk, made by an output register, so that it and the commands
// leave the chip alike: commands are at the device half a clock before its edge, and its data is
// here half a clock after.
`default_nettype none

module sterna_ulx3s #(
    parameter BEAT      = 16,  // bytes of a beat of sterna_top
    parameter LANES     = 4,   // vector lanes of sterna_top
    parameter MULTIPLY  = 2,   // clk is 25 MHz times this
    parameter DIVIDE    = 12,  // the oscillator, 25 MHz x MULTIPLY x DIVIDE, runs at 400..800 MHz
    parameter DIVIDER   = 25,  // clocks of a bit on the serial line
    parameter LATENCY   = 2,   // the rest: see sterna_sdram
    parameter POWER_UP  = 10000,
    parameter REFRESH   = 384,
    parameter RCD       = 1,
    parameter RP        = 1,
    parameter RAS       = 3,
    parameter RFC       = 4,
    parameter WR        = 2
) (
    input  wire        clk_25mhz,
    input  wire        ftdi_txd,   // from the computer
    output wire        ftdi_rxd,
    input  wire        button,     // FIRE1: reset
    output wire        led,        // on while a token is waiting for the host
    output wire        sdram_clk,
    output wire        sdram_cke,
    output wire        sdram_csn,
    output wire        sdram_rasn,
    output wire        sdram_casn,
    output wire        sdram_wen,
    output wire [ 1:0] sdram_ba,
    output wire [12:0] sdram_a,
    output wire [ 1:0] sdram_dqm,
    inout  wire [15:0] sdram_d
);

  wire clk;
  wire locked;

  (* FREQUENCY_PIN_CLKI = "25" *)
  EHXPLLL #(
      .CLKI_DIV(1),
      .CLKFB_DIV(MULTIPLY),
      .CLKOP_DIV(DIVIDE),
      .CLKOP_CPHASE(DIVIDE - 1),
      .CLKOP_ENABLE("ENABLED"),
      .FEEDBK_PATH("CLKOP"),
      .PLLRST_ENA("DISABLED"),
      .STDBY_ENABLE("DISABLED"),
      .INTFB_WAKE("DISABLED"),
      .DPHASE_SOURCE("DISABLED")
  ) pll (
      .CLKI(clk_25mhz),
      .CLKFB(clk),
      .CLKOP(clk),
      .LOCK(locked),
      .RST(1'b0),
      .STDBY(1'b0),
      .PHASESEL0(1'b0),
      .PHASESEL1(1'b0),
      .PHASEDIR(1'b0),
      .PHASESTEP(1'b0),
      .PHASELOADREG(1'b0),
      .PLLWAKESYNC(1'b0),
      .ENCLKOP(1'b1)
  );

  // Released with clk, well after the clock is stable.
  reg [7:0] settle = 8'd0;
  reg rst = 1'b1;
  reg [1:0] pressed = 2'b00;

  always @(posedge clk or negedge locked) begin
    if (!locked) settle <= 8'd0;
    else if (!settle[7]) settle <= settle + 8'd1;
  end

  always @(posedge clk) begin
    pressed <= {pressed[0], button};
    rst <= !settle[7] || pressed[1];
  end

  wire [15:0] dq_out;
  wire [15:0] dq_pad;
  wire [15:0] dq_in;
  wire drive;

  genvar i;
  generate
    for (i = 0; i < 16; i = i + 1) begin : pad
      BB buffer (
          .I(dq_out[i]),
          .T(!drive),
          .O(dq_pad[i]),
          .B(sdram_d[i])
      );

      IFS1P3DX capture (
          .D(dq_pad[i]),
          .SP(1'b1),
          .SCLK(clk),
          .CD(1'b0),
          .Q(dq_in[i])
      );
    end
  endgenerate

  sterna_board #(
      .BEAT(BEAT),
      .LANES(LANES),
      .DIVIDER(DIVIDER),
      .COL(9),
      .ROW(13),
      .LATENCY(LATENCY),
      .POWER_UP(POWER_UP),
      .REFRESH(REFRESH),
      .RCD(RCD),
      .RP(RP),
      .RAS(RAS),
      .RFC(RFC),
      .WR(WR)
  ) board (
      .clk(clk),
      .rst(rst),
      .rx(ftdi_txd),
      .tx(ftdi_rxd),
      .irq(led),
      .sdram_ras_n(sdram_rasn),
      .sdram_cas_n(sdram_casn),
      .sdram_we_n(sdram_wen),
      .sdram_ba(sdram_ba),
      .sdram_a(sdram_a),
      .sdram_dq_out(dq_out),
      .sdram_dq_drive(drive),
      .sdram_dq_in(dq_in)
  );

  assign sdram_cke = 1'b1;
  assign sdram_csn = 1'b0;
  assign sdram_dqm = 2'b00;

  ODDRX1F clock_out (
      .SCLK(clk),
      .RST (1'b0),
      .D0  (1'b0),
      .D1  (1'b1),
      .Q   (sdram_clk)
  );

endmodule

`default_nettype wire
