// sterna_board with an SDRAM on its pins, and the serial line as a test's pins.
`default_nettype none

module bench_board #(
    parameter BEAT     = 4,
    parameter LANES    = 4,
    parameter DIVIDER  = 8,
    parameter POWER_UP = 40,
    parameter REFRESH  = 384
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        rx,
    output wire        tx,
    output wire        irq,
    input  wire        strict,
    input  wire        poke_valid,
    input  wire [31:0] poke_word,
    input  wire [15:0] poke_data,
    output wire [ 7:0] broken,
    output wire [31:0] refreshes
);

  wire ras_n;
  wire cas_n;
  wire we_n;
  wire [1:0] ba;
  wire [12:0] a;
  wire [15:0] dq_out;
  wire dq_drive;
  wire [15:0] dq_in;

  sterna_board #(
      .BEAT(BEAT),
      .LANES(LANES),
      .DIVIDER(DIVIDER),
      .POWER_UP(POWER_UP),
      .REFRESH(REFRESH)
  ) board (
      .clk(clk),
      .rst(rst),
      .rx(rx),
      .tx(tx),
      .irq(irq),
      .sdram_ras_n(ras_n),
      .sdram_cas_n(cas_n),
      .sdram_we_n(we_n),
      .sdram_ba(ba),
      .sdram_a(a),
      .sdram_dq_out(dq_out),
      .sdram_dq_drive(dq_drive),
      .sdram_dq_in(dq_in)
  );

  bench_sdram memory (
      .clk(clk),
      .rst(rst),
      .ras_n(ras_n),
      .cas_n(cas_n),
      .we_n(we_n),
      .ba(ba),
      .a(a),
      .dq_out(dq_out),
      .dq_drive(dq_drive),
      .dq_in(dq_in),
      .strict(strict),
      .poke_valid(poke_valid),
      .poke_word(poke_word),
      .poke_data(poke_data),
      .broken(broken),
      .refreshes(refreshes)
  );

endmodule

`default_nettype wire
