// The modules that hold no other module, side by side: RAM, skid buffer, decoders of trits,
// rounding, argmax. One build serves the tests of all of them.
`default_nettype none

module bench_parts (
    input  wire         clk,
    input  wire         rst,
    // sterna_ram, both kinds on the same accesses; its answer is a stream of what it shows after
    // each of them
    input  wire         ram_in_valid,
    input  wire         ram_in_write,
    input  wire [  5:0] ram_in_wr_addr,
    input  wire [ 39:0] ram_in_data,
    input  wire         ram_in_read,
    input  wire [  5:0] ram_in_rd_addr,
    output reg          ram_out_valid,
    output wire [ 39:0] ram_out_old,
    output wire [ 39:0] ram_out_any,
    // sterna_skid, two widths
    input  wire         skid_in_valid,
    output wire         skid_in_ready,
    input  wire [ 31:0] skid_in_data,
    output wire         skid_out_valid,
    input  wire         skid_out_ready,
    output wire [ 31:0] skid_out_data,
    input  wire         wide_in_valid,
    output wire         wide_in_ready,
    input  wire [512:0] wide_in_data,
    output wire         wide_out_valid,
    input  wire         wide_out_ready,
    output wire [512:0] wide_out_data,
    // sterna_trits_*
    input  wire [  7:0] code_byte,
    output wire [  4:0] base3_nonzero,
    output wire [  4:0] base3_negative,
    output wire [  3:0] two_nonzero,
    output wire [  3:0] two_negative,
    // sterna_shift_round, both ways at once
    input  wire         round_in_valid,
    output wire         round_in_ready,
    input  wire [ 47:0] round_in_value,
    input  wire [  3:0] round_in_fine,
    input  wire         round_in_over,
    input  wire         round_in_negative,
    output wire         round_out_valid,
    input  wire         round_out_ready,
    output wire [ 31:0] round_out_low,
    output wire [ 31:0] round_out_clamped,
    // sterna_argmax of 8 lanes and of 3, one word stream each. last: finish with the word, late:
    // finish in the cycle after it
    input  wire         max8_in_valid,
    output wire         max8_in_ready,
    input  wire [255:0] max8_in_data,
    input  wire [  7:0] max8_in_keep,
    input  wire         max8_in_last,
    input  wire         max8_in_late,
    output wire         max8_out_valid,
    output wire [ 19:0] max8_out_index,
    output wire [ 31:0] max8_out_best,
    input  wire         max3_in_valid,
    output wire         max3_in_ready,
    input  wire [ 95:0] max3_in_data,
    input  wire [  2:0] max3_in_keep,
    input  wire         max3_in_last,
    input  wire         max3_in_late,
    output wire         max3_out_valid,
    output wire [ 15:0] max3_out_index,
    output wire [ 31:0] max3_out_best
);

  always @(posedge clk) ram_out_valid <= ram_in_valid && !rst;

  sterna_ram #(
      .WIDTH(40),
      .DEPTH(64),
      .OLD_DATA(1)
  ) ram_old (
      .clk(clk),
      .wr_en(ram_in_valid && ram_in_write),
      .wr_addr(ram_in_wr_addr),
      .wr_data(ram_in_data),
      .rd_en(ram_in_valid && ram_in_read),
      .rd_addr(ram_in_rd_addr),
      .rd_data(ram_out_old)
  );

  sterna_ram #(
      .WIDTH(40),
      .DEPTH(64),
      .OLD_DATA(0)
  ) ram_any (
      .clk(clk),
      .wr_en(ram_in_valid && ram_in_write),
      .wr_addr(ram_in_wr_addr),
      .wr_data(ram_in_data),
      .rd_en(ram_in_valid && ram_in_read),
      .rd_addr(ram_in_rd_addr),
      .rd_data(ram_out_any)
  );

  sterna_skid skid (
      .clk(clk),
      .rst(rst),
      .in_valid(skid_in_valid),
      .in_ready(skid_in_ready),
      .in_data(skid_in_data),
      .out_valid(skid_out_valid),
      .out_ready(skid_out_ready),
      .out_data(skid_out_data)
  );

  sterna_skid #(
      .WIDTH(513)
  ) wide (
      .clk(clk),
      .rst(rst),
      .in_valid(wide_in_valid),
      .in_ready(wide_in_ready),
      .in_data(wide_in_data),
      .out_valid(wide_out_valid),
      .out_ready(wide_out_ready),
      .out_data(wide_out_data)
  );

  sterna_trits_base3 base3 (
      .code_byte(code_byte),
      .nonzero  (base3_nonzero),
      .negative (base3_negative)
  );

  sterna_trits_2bit two (
      .code_byte(code_byte),
      .nonzero  (two_nonzero),
      .negative (two_negative)
  );

  wire round_en;

  bench_pipeline #(
      .LATENCY(2)
  ) round_stages (
      .clk(clk),
      .rst(rst),
      .in_valid(round_in_valid),
      .in_ready(round_in_ready),
      .out_valid(round_out_valid),
      .out_ready(round_out_ready),
      .en(round_en)
  );

  sterna_shift_round #(
      .SATURATE(0)
  ) low (
      .clk(clk),
      .en(round_en),
      .value(round_in_value),
      .fine(round_in_fine),
      .over(round_in_over),
      .negative(round_in_negative),
      .z(round_out_low)
  );

  sterna_shift_round #(
      .SATURATE(1)
  ) clamped (
      .clk(clk),
      .en(round_en),
      .value(round_in_value),
      .fine(round_in_fine),
      .over(round_in_over),
      .negative(round_in_negative),
      .z(round_out_clamped)
  );

  // A stream ends with last; clear comes with done, so that the next one may follow.
  reg max8_closed;
  reg max8_late;
  wire max8_word = max8_in_valid && max8_in_ready;

  assign max8_in_ready = !max8_closed;

  always @(posedge clk) begin
    max8_late <= max8_word && max8_in_last && max8_in_late;
    if (max8_word && max8_in_last) max8_closed <= 1'b1;
    if (max8_out_valid) max8_closed <= 1'b0;
    if (rst) max8_closed <= 1'b0;
  end

  sterna_argmax #(
      .LANES(8),
      .INDEX(20)
  ) max8 (
      .clk(clk),
      .rst(rst),
      .clear(max8_out_valid || rst),
      .in_valid(max8_word),
      .in_keep(max8_in_keep),
      .in_data(max8_in_data),
      .finish((max8_word && max8_in_last && !max8_in_late) || max8_late),
      .done(max8_out_valid),
      .index(max8_out_index),
      .best(max8_out_best)
  );

  reg max3_closed;
  reg max3_late;
  wire max3_word = max3_in_valid && max3_in_ready;

  assign max3_in_ready = !max3_closed;

  always @(posedge clk) begin
    max3_late <= max3_word && max3_in_last && max3_in_late;
    if (max3_word && max3_in_last) max3_closed <= 1'b1;
    if (max3_out_valid) max3_closed <= 1'b0;
    if (rst) max3_closed <= 1'b0;
  end

  sterna_argmax #(
      .LANES(3),
      .INDEX(16)
  ) max3 (
      .clk(clk),
      .rst(rst),
      .clear(max3_out_valid || rst),
      .in_valid(max3_word),
      .in_keep(max3_in_keep),
      .in_data(max3_in_data),
      .finish((max3_word && max3_in_last && !max3_in_late) || max3_late),
      .done(max3_out_valid),
      .index(max3_out_index),
      .best(max3_out_best)
  );

endmodule

`default_nettype wire
