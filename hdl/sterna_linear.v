// Products with rows of block weights, and rows of an embedding table in the same form.
//
//   beats --> gear --> [ bias | scales | codes ] --> sterna_dot --> S P - N X --> [ sum ]
//                        mantissas RAM ----------------^                            v
//                                             out <-- [ + bias ] <-- sterna_scale <-+
//
// A row in memory is units of 16 bits, padded to whole beats:
//     [bias, 2 units] for each group: scale S, [minimum N], codes of 2^width bits, lowest first
// and its result is sat(scale(sum of ((S P) >> 16) - ((N X) >> 12), (m, e)) + bias), P and X as in
// sterna_dot. With embed it is one row, whose results are its elements: scale(S q - 16 N, (m, e)).
// start (one cycle, busy low) takes the settings, which stay as they are while busy is high.
// Results come in order, out_last with the last one. out_ready low holds everything.
// Mantissas are written while busy is low, MULTIPLIERS of them a word.
// Throughput: MULTIPLIERS codes a cycle, one cycle for the scales of a group.
`default_nettype none

module sterna_linear #(
    parameter BEAT        = 16,   // bytes of a beat: 4 to 128, a power of two
    parameter MULTIPLIERS = 16,   // codes at once: 8 or 16
    parameter WORDS       = 256   // words of the mantissa memory, a power of two
) (
    input  wire                      clk,
    input  wire                      rst,
    // Settings
    input  wire                      start,
    input  wire                      embed,
    input  wire [              19:0] rows,
    input  wire [              14:0] row_beats,
    input  wire [              11:0] groups,
    input  wire [               2:0] size,         // a group has 16 times 2^size elements
    input  wire [               1:0] width,
    input  wire [               7:0] zero,
    input  wire                      with_min,
    input  wire                      with_bias,
    input  wire [              15:0] m,
    input  wire [              11:0] e,
    output reg                       busy,
    // Weights
    input  wire                      beat_valid,
    output wire                      beat_take,
    input  wire [        8*BEAT-1:0] beat,
    // Mantissas
    input  wire                      write,
    input  wire [ $clog2(WORDS)-1:0] write_addr,
    input  wire [16*MULTIPLIERS-1:0] write_data,
    // Results
    output wire                      out_valid,
    input  wire                      out_ready,
    output wire                      out_last,
    output wire [              31:0] out_value
);

  localparam WA = $clog2(WORDS);
  localparam LEVEL = $clog2(BEAT / 2 + 8);
  localparam PARTIAL = $clog2(BEAT / 2);
  localparam PARTS = 16 / MULTIPLIERS;  // words of 16 elements
  localparam [2:0] IDLE = 3'd0;
  localparam [2:0] BIAS = 3'd1;
  localparam [2:0] SCALES = 3'd2;
  localparam [2:0] CODES = 3'd3;
  localparam [2:0] REST = 3'd4;
  localparam signed [32:0] TOP = 33'sh03fffffff;  // 2^30 - 1
  localparam signed [32:0] BOTTOM = -TOP;

  initial begin
    if ((MULTIPLIERS != 8 && MULTIPLIERS != 16) || (1 << WA) != WORDS) begin
      $display("Cannot build sterna_linear: MULTIPLIERS %0d, WORDS %0d", MULTIPLIERS, WORDS);
      $finish;
    end
  end

  wire en = !(out_valid && !out_ready);

  // Beats of the rows, and no beat more

  reg [19:0] rows_to_ask;
  reg [14:0] beats_to_ask;
  wire want = beats_to_ask != 15'd0;

  always @(posedge clk) begin
    if (start) begin
      rows_to_ask  <= rows - 20'd1;
      beats_to_ask <= row_beats;
    end else if (beat_take) begin
      beats_to_ask <= beats_to_ask - 15'd1;
      if (beats_to_ask == 15'd1 && rows_to_ask != 20'd0) begin
        rows_to_ask  <= rows_to_ask - 20'd1;
        beats_to_ask <= row_beats;
      end
    end
    if (rst) beats_to_ask <= 15'd0;
  end

  wire [127:0] field;
  wire [LEVEL-1:0] level;
  wire [PARTIAL-1:0] partial;
  wire [3:0] used;

  sterna_gear #(
      .BEAT(BEAT)
  ) gear (
      .clk(clk),
      .clear(rst || start),
      .want(want),
      .beat_valid(beat_valid),
      .beat_take(beat_take),
      .beat(beat),
      .out_data(field),
      .level(level),
      .partial(partial),
      .use_units(used)
  );

  // What the next units are

  reg [2:0] state;
  reg [19:0] rows_left;    // after this one
  reg [11:0] groups_left;  // of the row, after this one
  reg [8:0] parts_left;    // words of the group, after this one
  reg first_group;
  reg first_part;
  reg [15:0] s;
  reg [15:0] n;
  reg [WA-1:0] place;      // in the mantissa memory
  reg [3:0] element;       // of the word, when embedding

  wire [8:0] parts = (9'd1 << size) * PARTS[8:0];
  wire [3:0] code_units = PARTS == 1 ? 4'd1 << width : (4'd1 << width) >> 1;
  wire [3:0] need = state == BIAS ? 4'd2 : state == SCALES ? (with_min ? 4'd2 : 4'd1) : code_units;
  wire [LEVEL+3:0] wide_level = {4'd0, level};
  wire here = wide_level >= {{LEVEL{1'b0}}, need};
  wire bias_ready;
  localparam LAST_ELEMENT = MULTIPLIERS - 1;
  wire word_end = !embed || element == LAST_ELEMENT[3:0];
  wire take_bias = state == BIAS && here && en && bias_ready;
  wire take_scales = state == SCALES && here && en;
  wire work = state == CODES && here && en;
  wire take_codes = work && word_end;
  wire group_end = parts_left == 9'd0;
  wire row_end = group_end && groups_left == 12'd0;
  wire [PARTIAL+3:0] wide_partial = {4'd0, partial};
  wire many = wide_partial > {{PARTIAL{1'b0}}, 4'd8};
  wire clean = partial == {PARTIAL{1'b0}};

  assign used = take_bias || take_scales || take_codes ? need :
                state != REST || !en ? 4'd0 : many ? 4'd8 : wide_partial[3:0];

  wire [2:0] row_begin = with_bias ? BIAS : SCALES;

  always @(posedge clk) begin
    if (start) begin
      state <= row_begin;
      rows_left <= rows - 20'd1;
    end
    if (take_bias) state <= SCALES;
    if (take_scales) begin
      s <= field[15:0];
      n <= with_min ? field[31:16] : 16'd0;
      state <= CODES;
      first_part <= 1'b1;
      parts_left <= parts - 9'd1;
    end
    if (work) element <= word_end ? 4'd0 : element + 4'd1;
    if (take_codes) begin
      place <= place + 1'b1;
      first_part <= 1'b0;
      parts_left <= parts_left - 9'd1;
      if (group_end) begin
        groups_left <= groups_left - 12'd1;
        first_group <= 1'b0;
        state <= row_end ? REST : SCALES;
      end
    end
    if (state == REST && en && (clean || !many)) begin
      state <= rows_left == 20'd0 ? IDLE : row_begin;
      rows_left <= rows_left - 20'd1;
    end
    if (start || state == REST) begin
      groups_left <= groups - 12'd1;
      first_group <= 1'b1;
      place <= {WA{1'b0}};
      element <= 4'd0;
    end
    if (rst) state <= IDLE;
  end

  // Sums of a group

  wire [16*MULTIPLIERS-1:0] x_1;

  sterna_ram #(
      .WIDTH(16 * MULTIPLIERS),
      .DEPTH(WORDS),
      .OLD_DATA(0)
  ) mantissas (
      .clk(clk),
      .wr_en(write),
      .wr_addr(write_addr),
      .wr_data(write_data),
      .rd_en(take_codes),
      .rd_addr(place),
      .rd_data(x_1)
  );

  wire signed [31:0] p_4;
  wire signed [31:0] x_4;

  sterna_dot #(
      .COUNT(MULTIPLIERS)
  ) dot (
      .clk(clk),
      .en(en),
      .in_valid(take_codes && !embed),
      .in_first(first_part),
      .codes(field[8*MULTIPLIERS-1:0]),
      .width(width),
      .zero(zero),
      .x_1(x_1),
      .p_4(p_4),
      .x_4(x_4)
  );

  // Sum of a row: what travels with the codes is the group's scales and what ends with it

  reg signed [15:0] s_1;
  reg signed [15:0] s_2;
  reg signed [15:0] s_3;
  reg signed [15:0] s_4;
  reg signed [15:0] n_1;
  reg signed [15:0] n_2;
  reg signed [15:0] n_3;
  reg signed [15:0] n_4;
  reg [5:1] ends_group;
  reg [5:1] first;
  reg [6:1] ends_row;
  reg [6:1] ends_all;
  reg signed [47:0] sp_5;
  reg signed [47:0] nx_5;
  reg [31:0] sum_6;
  wire [31:0] group_5 = sp_5[47:16] - nx_5[43:12];
  wire unused = &{1'b0, sp_5[15:0], nx_5[47:44], nx_5[11:0]};

  // An element of an embedding row

  wire [7:0] code = width == 2'd3 ? field[{element, 3'd0}+:8] : width == 2'd2 ?
                    {4'd0, field[{1'b0, element, 2'd0}+:4]} :
                    {6'd0, field[{2'd0, element, 1'd0}+:2]};
  wire signed [8:0] q = {1'b0, code} - {1'b0, zero};
  reg element_1;
  reg element_last_1;
  reg signed [31:0] element_value_1;

  // Scaling

  wire [31:0] scaled;
  reg [6:1] valid;
  reg [6:1] last;
  wire begin_scale = embed ? element_1 : ends_row[6];

  sterna_scale scale (
      .clk(clk),
      .en(en),
      .x(embed ? element_value_1 : sum_6),
      .m(m),
      .e(e),
      .z(scaled)
  );

  always @(posedge clk) begin
    if (en) begin
      s_1 <= s;
      s_2 <= s_1;
      s_3 <= s_2;
      s_4 <= s_3;
      n_1 <= n;
      n_2 <= n_1;
      n_3 <= n_2;
      n_4 <= n_3;
      ends_group <= {ends_group[4:1], take_codes && !embed && group_end};
      first <= {first[4:1], first_group};
      ends_row <= {ends_row[5:1], take_codes && !embed && row_end};
      ends_all <= {ends_all[5:1], rows_left == 20'd0};
      sp_5 <= s_4 * p_4;
      nx_5 <= n_4 * x_4;
      if (ends_group[5]) sum_6 <= first[5] ? group_5 : sum_6 + group_5;

      element_1 <= work && embed;
      element_last_1 <= row_end && word_end;
      element_value_1 <= $signed(s) * q - $signed({{12{n[15]}}, n, 4'd0});

      valid <= {valid[5:1], begin_scale};
      last <= {last[5:1], embed ? element_last_1 : ends_all[6]};
    end
    if (rst) begin
      ends_group <= 5'd0;
      ends_row <= 6'd0;
      element_1 <= 1'b0;
      valid <= 6'd0;
    end
  end

  // Biases wait for their rows

  wire bias_valid;
  wire [31:0] bias;

  sterna_queue #(
      .WIDTH(32),
      .DEPTH(8)
  ) biases (
      .clk(clk),
      .rst(rst),
      .in_valid(take_bias),
      .in_ready(bias_ready),
      .in_data(field[31:0]),
      .out_valid(bias_valid),
      .out_ready(out_valid && out_ready && with_bias),
      .out_data(bias)
  );

  wire [31:0] added = with_bias && bias_valid ? bias : 32'd0;
  wire signed [32:0] total = {scaled[31], scaled} + {added[31], added};

  assign out_valid = valid[6];
  assign out_last = last[6];
  assign out_value = total > TOP ? TOP[31:0] : total < BOTTOM ? BOTTOM[31:0] : total[31:0];

  always @(posedge clk) begin
    if (start) busy <= 1'b1;
    else if (out_valid && out_ready && out_last) busy <= 1'b0;
    if (rst) busy <= 1'b0;
  end

endmodule

`default_nettype wire
