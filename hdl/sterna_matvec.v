// Ternary matrix unit: ROWS rows of a matrix at once, a column group of TRITS columns a cycle.
//
//   beats --> [ slice: a byte a row ] --> ROWS x sterna_pe --> [ hold ] --> drain
//   codes of the column group, the same for all rows -^
//
// The weights come in the order in which they are used: for each group of ROWS rows, for each
// column group, a byte for each row. So no sum crosses rows, nothing is shifted, and only the
// columns and the last group are padded. A beat of BEAT bytes lasts BEAT / ROWS cycles; a matrix
// ends with its last slice, the rest of that beat is dropped.
//
// When a row group ends, its sums move to the hold registers, from where the drain takes LANES at
// a time (hold_shift, and hold_done with the last) while the next group is under way. The last
// column group of a row group waits until the hold registers are free.
// Descriptor: column groups of a row, row groups. A cycle with weights and codes is one of busy;
// the others are counted by their reason.
// BATCH vectors share the weights, each with its own codes and sums, all in step.
`default_nettype none

module sterna_matvec #(
    parameter BEAT  = 64,  // bytes of a beat, a power of two
    parameter ROWS  = 64,  // rows at once, a power of two, at most BEAT
    parameter LANES = 8,   // rows that the drain takes at once, a power of two, at most ROWS
    parameter BASE3 = 1,   // 1: five trits a byte, base 3; 0: four trits a byte, 2 bits
    parameter ACC   = 24,  // bits of a sum
    parameter BATCH = 1    // vectors that share the weights
) (
    input  wire                 clk,
    input  wire                 rst,
    // Products
    input  wire                 in_valid,
    output wire                 in_ready,
    input  wire [         15:0] in_columns,
    input  wire [         19:0] in_groups,
    output wire                 idle,
    // Codes
    input  wire                 codes_valid,
    output wire                 codes_take,
    output wire                 codes_last,
    input  wire [ 40*BATCH-1:0] codes,        // by vector
    // Weights, when it is this unit's turn
    input  wire                 beat_valid,
    output wire                 beat_take,
    output wire                 beat_end,     // with the last one of a matrix
    input  wire [   8*BEAT-1:0] beat,
    // Sums
    output reg                  hold_full,
    input  wire                 hold_shift,
    input  wire                 hold_done,
    output wire [ACC*LANES*BATCH-1:0] hold_sums,  // by vector, then lane
    // Reasons
    output wire                 busy,
    output wire                 wait_weights,
    output wire                 wait_codes,
    output wire                 wait_drain
);

  localparam SLICES = BEAT / ROWS;

  initial begin
    if (ROWS > BEAT || LANES > ROWS || BEAT % ROWS != 0 || ROWS % LANES != 0) begin
      $display("Cannot build sterna_matvec: BEAT %0d, ROWS %0d, LANES %0d", BEAT, ROWS, LANES);
      $finish;
    end
  end

  // Products

  wire next_valid;
  wire [15:0] next_columns;
  wire [19:0] next_groups;
  wire matrix_end;
  reg active;
  wire start = next_valid && (!active || matrix_end);

  sterna_queue #(
      .WIDTH(36),
      .DEPTH(4)
  ) queue (
      .clk(clk),
      .rst(rst),
      .in_valid(in_valid),
      .in_ready(in_ready),
      .in_data({in_columns, in_groups}),
      .out_valid(next_valid),
      .out_ready(start),
      .out_data({next_columns, next_groups})
  );

  assign idle = !next_valid && !active;

  reg [15:0] columns_less_1;
  reg [15:0] columns_left;  // after this one
  reg [19:0] groups_left;
  reg first;
  reg pending;  // a row group has ended and the drain is not through with it

  wire last = columns_left == 16'd0;
  wire blocked = last && pending;
  wire fire = active && codes_valid && beat_valid && !blocked;

  assign busy = fire;
  assign wait_drain = active && codes_valid && blocked;
  assign wait_codes = active && !codes_valid;
  assign wait_weights = active && codes_valid && !blocked && !beat_valid;

  assign codes_take = fire;
  assign codes_last = last;
  assign matrix_end = fire && last && groups_left == 20'd0;

  always @(posedge clk) begin
    if (start) begin
      columns_less_1 <= next_columns - 16'd1;
      columns_left <= next_columns - 16'd1;
      groups_left <= next_groups - 20'd1;
      first <= 1'b1;
    end else if (fire) begin
      columns_left <= last ? columns_less_1 : columns_left - 16'd1;
      if (last) groups_left <= groups_left - 20'd1;
      first <= last;
    end
    if (start) active <= 1'b1;
    else if (matrix_end) active <= 1'b0;
    if (fire && last) pending <= 1'b1;
    else if (hold_done) pending <= 1'b0;
    if (rst) active <= 1'b0;
    if (rst) pending <= 1'b0;
  end

  // Weights

  wire [8*ROWS-1:0] bytes;

  generate
    if (SLICES == 1) begin : whole
      assign bytes = beat;
      assign beat_take = fire;
    end else begin : sliced
      localparam SLICE = $clog2(SLICES);
      localparam LAST_SLICE = SLICES - 1;
      reg [SLICE-1:0] slice;
      assign bytes = beat[8*ROWS*slice+:8*ROWS];
      assign beat_take = fire && (slice == LAST_SLICE[SLICE-1:0] || matrix_end);
      always @(posedge clk) begin
        if (beat_take) slice <= {SLICE{1'b0}};
        else if (fire) slice <= slice + 1'b1;
        if (rst) slice <= {SLICE{1'b0}};
      end
    end
  endgenerate

  assign beat_end = matrix_end;

  // Rows: codes go in one cycle behind the bytes, what to do with the sum three cycles behind

  reg [40*BATCH-1:0] codes_1;
  reg [3:1] fire_at;
  reg [3:1] first_at;
  reg [4:1] end_at;

  always @(posedge clk) begin
    codes_1  <= codes;
    fire_at  <= {fire_at[2:1], fire};
    first_at <= {first_at[2:1], first};
    end_at   <= {end_at[3:1], fire && last};
    if (end_at[4]) hold_full <= 1'b1;
    else if (hold_done) hold_full <= 1'b0;
    if (rst) begin
      fire_at <= 3'd0;
      end_at <= 4'd0;
      hold_full <= 1'b0;
    end
  end

  genvar r;
  genvar b;
  generate
    for (r = 0; r < ROWS; r = r + 1) begin : row
      wire [ACC*BATCH-1:0] acc;

      sterna_pe #(
          .BASE3(BASE3),
          .BATCH(BATCH),
          .ACC(ACC)
      ) pe (
          .clk(clk),
          .en(1'b1),
          .code_byte(bytes[8*r+:8]),
          .codes(codes_1),
          .valid(fire_at[3]),
          .first(first_at[3]),
          .acc(acc)
      );

      for (b = 0; b < BATCH; b = b + 1) begin : vector
        wire [ACC-1:0] next;
        reg [ACC-1:0] held;

        if (r + LANES < ROWS) begin : chained
          assign next = row[r+LANES].vector[b].held;
        end else begin : top
          assign next = {ACC{1'b0}};
        end

        if (r < LANES) begin : bottom
          assign hold_sums[ACC*(LANES*b+r)+:ACC] = held;
        end

        always @(posedge clk) begin
          if (end_at[4]) held <= acc[ACC*b+:ACC];
          else if (hold_shift) held <= next;
        end
      end
    end
  endgenerate

endmodule

`default_nettype wire
