// What goes into a row's sum: the bytes and codes of its row group, once each, and when it is held.
`default_nettype none

// Stands for sterna_pe, which has a check of its own: as late, and it adds what it is given.
module sterna_pe #(
    parameter BASE3 = 1,
    parameter BATCH = 1,
    parameter ACC   = 8
) (
    input  wire                 clk,
    input  wire                 en,
    input  wire [          7:0] code_byte,
    input  wire [ 40*BATCH-1:0] codes,
    input  wire                 valid,
    input  wire                 first,
    output reg  [ACC*BATCH-1:0] acc
);

  reg [7:0] byte_1;
  reg [7:0] both_2;
  reg [7:0] both_3;

  always @(posedge clk) begin
    byte_1 <= code_byte;
    both_2 <= byte_1 ^ {codes[3:0], codes[7:4]};
    both_3 <= both_2;
    if (valid) acc <= (first ? 8'd0 : acc) + both_3;
  end

endmodule

// One product after the other may be offered, all the same one. A byte is the number of its place
// in the stream, a code that of its column group. LANES 1: a row at a time goes to the drain.
module formal_matvec #(
    parameter ROWS = 2
) (
    input wire clk,
    input wire in_valid,
    input wire codes_valid,
    input wire beat_valid,
    input wire shift_at
);

  localparam BEAT = 4;

  (* anyconst *) wire [1:0] columns;
  (* anyconst *) wire [1:0] groups;

  reg started = 1'b0;
  always @(posedge clk) started <= 1'b1;
  wire rst = !started;

  wire in_ready;
  wire idle;
  wire codes_take;
  wire codes_last;
  wire beat_take;
  wire beat_end;
  wire hold_full;
  wire [7:0] hold_sums;
  wire busy;
  wire wait_weights;
  wire wait_codes;
  wire wait_drain;

  reg [4:0] beats;   // taken so far
  reg [4:0] number;  // column groups taken so far
  wire [5:0] at = {beats[3:0], 2'd0};
  wire [8*BEAT-1:0] beat = {
    2'd1, at | 6'd3, 2'd1, at | 6'd2, 2'd1, at | 6'd1, 2'd1, at
  };
  reg row;  // that the drain takes next
  wire hold_shift = shift_at && hold_full && !rst;
  wire hold_done = hold_shift && row;

  sterna_matvec #(
      .BEAT (BEAT),
      .ROWS (ROWS),
      .LANES(1),
      .ACC  (8)
  ) dut (
      .clk(clk),
      .rst(rst),
      .in_valid(in_valid),
      .in_ready(in_ready),
      .in_columns({14'd0, columns}),
      .in_groups({18'd0, groups}),
      .idle(idle),
      .codes_valid(codes_valid),
      .codes_take(codes_take),
      .codes_last(codes_last),
      .codes({35'd0, number}),
      .beat_valid(beat_valid),
      .beat_take(beat_take),
      .beat_end(beat_end),
      .beat(beat),
      .hold_full(hold_full),
      .hold_shift(hold_shift),
      .hold_done(hold_done),
      .hold_sums(hold_sums),
      .busy(busy),
      .wait_weights(wait_weights),
      .wait_codes(wait_codes),
      .wait_drain(wait_drain)
  );

  // The same in plain words: a half of a beat a column group, the rest of the last beat is dropped.
  reg [1:0] column;
  reg [1:0] group;
  reg half;
  reg [4:0] owed;  // row groups of accepted products that were not begun to the end
  reg pending;     // sums of a row group are on their way to the drain or with it
  reg [2:0] age;   // cycles since a row group ended
  reg [7:0] sum0;
  reg [7:0] sum1;
  reg [7:0] held0;
  reg [7:0] held1;
  wire accept = in_valid && in_ready && !rst;
  wire last = column == columns - 2'd1;
  wire ends = busy && last && group == groups - 2'd1;
  wire [7:0] code = {number[3:0], 3'd0, number[4]};
  wire [7:0] byte0 = {2'd1, at | {4'd0, half, 1'b0}};
  wire [7:0] next0 = (column == 2'd0 ? 8'd0 : sum0) + (byte0 ^ code);
  wire [7:0] next1 = (column == 2'd0 ? 8'd0 : sum1) + ((byte0 | 8'd1) ^ code);

  always @(posedge clk) begin
    if (busy) begin
      sum0   <= next0;
      sum1   <= next1;
      number <= number + 5'd1;
      column <= last ? 2'd0 : column + 2'd1;
      if (last) group <= ends ? 2'd0 : group + 2'd1;
      half <= !half && !ends;
    end
    if (busy && last) begin
      held0 <= next0;
      held1 <= next1;
    end
    if (beat_take) beats <= beats + 5'd1;
    if (hold_shift) row <= !row;
    owed <= owed + (accept ? {3'd0, groups} : 5'd0) - {4'd0, busy && last};
    if (busy && last) pending <= 1'b1;
    else if (hold_done) pending <= 1'b0;
    age <= busy && last ? 3'd0 : age == 3'd7 ? age : age + 3'd1;
    if (rst) begin
      beats <= 5'd0;
      number <= 5'd0;
      column <= 2'd0;
      group <= 2'd0;
      half <= 1'b0;
      owed <= 5'd0;
      pending <= 1'b0;
      row <= 1'b0;
    end
  end

  always @* begin
    assume (columns != 2'd0 && groups != 2'd0);
    if (owed > 5'd10) assume (!in_valid);
    if (!rst) begin
      // Column groups: with weights and codes, of a product, and not into sums that are needed
      assert (codes_take == busy);
      if (busy) assert (codes_valid && beat_valid && owed != 5'd0 && !(last && pending));
      if (busy) assert (codes_last == last);
      assert (beat_end == ends);
      assert (beat_take == (busy && (half || ends)));
      assert (busy + wait_weights + wait_codes + wait_drain <= 1);
      if (wait_drain) assert (pending && last);
      if (wait_codes) assert (!codes_valid);
      if (wait_weights) assert (!beat_valid);
      // Sums: those of the row group that ended last, until the drain has them
      if (hold_full) assert (pending && hold_sums == (row ? held1 : held0));
      if (pending && age >= 3'd4) assert (hold_full);
      if (idle) assert (owed == 5'd0);
      if (owed != 5'd0 && !idle && codes_valid && beat_valid && column != 2'd0 && !last)
        assert (busy);
    end
  end

endmodule

`default_nettype wire
