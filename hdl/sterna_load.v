// Loads constants: copies beats of the weight stream, or the embedding row of the token, into the
// constant memory of the vector lanes. A beat a cycle, so that the stream does not wait.
//
//   stream beat --+--> [ beat ] --> banks of all lanes
//   row beat -----+
//
// Element i of the constant memory belongs to lane i mod LANES, and word i / LANES of that lane is
// in bank (i / LANES) mod BANKS. Where a beat holds a word or more, it fills one row of all banks;
// where it holds less, LANES * 2 / BEAT beats fill a word.
// Instruction: from the stream or the embedding, first word (a multiple of BANKS), beats. An
// embedding row is asked for when its instruction is reached.
// With BATCH slices of the vector unit, constants go to all of them. Of embedding rows each slice
// in mask has its own: row_slice says whose is asked for, and a row is asked for PLACE cycles
// later, which is what its address takes; const_slices says whose beat it is.
// Latency: one cycle from a beat to its write.
`default_nettype none

module sterna_load #(
    parameter BEAT  = 64,   // bytes of a beat, a power of two
    parameter LANES = 8,    // lanes of the vector unit, a power of two
    parameter BANKS = 4,    // banks: BEAT / 2 / LANES, but 1 at least
    parameter ROWS  = 1024, // words of a bank, a power of two
    parameter BATCH = 1     // slices, a power of two, at most 8
) (
    input  wire                      clk,
    input  wire                      rst,
    // Instructions
    input  wire                      in_valid,
    output wire                      in_ready,
    input  wire                      in_embedding,
    input  wire [              14:0] in_address,
    input  wire [              15:0] in_beats,
    output wire                      idle,
    // Beats of the stream, when it is this unit's turn
    input  wire                      stream_valid,
    output wire                      stream_take,
    output wire                      stream_end,
    input  wire [        8*BEAT-1:0] stream_beat,
    // Beats of the embedding rows
    input  wire [         BATCH-1:0] mask,
    output wire [               2:0] row_slice,
    output wire                      row_request,
    input  wire                      row_granted,
    input  wire                      row_valid,
    output wire                      row_take,
    input  wire [        8*BEAT-1:0] row_beat,
    // Constant memory: bank b of lane l has bit b LANES + l, and 16 bits of data each
    output wire [         BATCH-1:0] const_slices,
    output wire [   BANKS*LANES-1:0] const_write,
    output wire [  $clog2(ROWS)-1:0] const_addr,
    output wire [16*BANKS*LANES-1:0] const_data
);

  localparam RA = $clog2(ROWS);
  localparam BA = $clog2(BANKS);
  localparam ELEMENTS = BEAT / 2;

  initial begin
    if (BANKS * LANES < ELEMENTS || (BANKS > 1 && BANKS * LANES != ELEMENTS)) begin
      $display("Cannot build sterna_load: BEAT %0d, LANES %0d, BANKS %0d", BEAT, LANES, BANKS);
      $finish;
    end
  end

  wire queue_valid;
  wire next_embedding;
  wire [14:0] next_address;
  wire [15:0] next_beats;
  reg active;
  reg embedding;
  reg [15:0] left;  // beats after this one

  wire beat_valid = embedding ? row_valid : stream_valid;
  wire skip;  // there is no row for the slice
  wire other;  // there are more slices whose row comes
  wire take = active && beat_valid && !skip;
  wire row_end = take && left == 16'd0;
  wire last = (row_end || skip) && !other;
  wire start = queue_valid && !active;

  sterna_queue #(
      .WIDTH(32),
      .DEPTH(4)
  ) queue (
      .clk(clk),
      .rst(rst),
      .in_valid(in_valid),
      .in_ready(in_ready),
      .in_data({in_embedding, in_address, in_beats}),
      .out_valid(queue_valid),
      .out_ready(start),
      .out_data({next_embedding, next_address, next_beats})
  );

  assign row_take = active && embedding && !skip;
  assign stream_take = take && !embedding;
  assign stream_end = last && !embedding;

  reg [RA-1:0] row;
  reg [RA-1:0] first_row;
  reg [15:0] beats_less_1;
  reg write;
  reg [RA-1:0] write_row;
  reg [8*BEAT-1:0] beat;
  wire next_row;  // the beat is the last one of its row

  always @(posedge clk) begin
    if (start) begin
      embedding <= next_embedding;
      left <= next_beats - 16'd1;
      row <= next_address[RA+BA-1:BA];
      beats_less_1 <= next_beats - 16'd1;
      first_row <= next_address[RA+BA-1:BA];
    end else if (BATCH > 1 && row_end) begin
      left <= beats_less_1;
      row  <= first_row;
    end else if (take) begin
      left <= left - 16'd1;
      if (next_row) row <= row + 1'b1;
    end
    write <= take;
    write_row <= row;
    if (take) beat <= embedding ? row_beat : stream_beat;
    if (start) active <= 1'b1;
    else if (last) active <= 1'b0;
    if (rst) active <= 1'b0;
    if (rst) write <= 1'b0;
  end

  assign idle = !queue_valid && !active && !write;
  assign const_addr = write_row;

  generate
    if (ELEMENTS >= LANES) begin : wide
      assign next_row = 1'b1;
      assign const_write = {BANKS * LANES{write}};
      assign const_data = beat;
    end else begin : narrow
      localparam PHASES = LANES / ELEMENTS;
      localparam PHASE = $clog2(PHASES);
      localparam LAST_PHASE = PHASES - 1;
      reg [PHASE-1:0] phase;
      reg [PHASE-1:0] write_phase;
      assign next_row = phase == LAST_PHASE[PHASE-1:0];
      assign const_data = {PHASES{beat}};
      always @(posedge clk) begin
        if (start) phase <= {PHASE{1'b0}};
        else if (take) phase <= phase + 1'b1;
        write_phase <= phase;
      end
      genvar p;
      for (p = 0; p < PHASES; p = p + 1) begin : each
        localparam HERE = p;
        assign const_write[ELEMENTS*p+:ELEMENTS] = {
          ELEMENTS{write && write_phase == HERE[PHASE-1:0]}
        };
      end
    end
  endgenerate

  // Rows: asked for one behind the other, while the first ones arrive

  generate
    if (BATCH > 1) begin : several_rows
      localparam MOST = BATCH - 1;
      localparam [2:0] LAST = MOST[2:0];
      localparam [1:0] PLACE = 2'd3;
      reg [2:0] ask;
      reg [1:0] age;  // of ask, in cycles
      reg asked;  // all of them
      reg [2:0] slice;
      reg [BATCH-1:0] slices;
      wire [7:0] all = {{8 - BATCH{1'b0}}, mask};
      wire pass = active && embedding && !asked && !all[ask];
      wire step = pass || (row_request && row_granted);

      assign row_slice = ask;
      assign row_request = active && embedding && !asked && all[ask] && age == PLACE;
      assign skip = active && embedding && !all[slice];
      assign other = embedding && slice != LAST;
      assign const_slices = slices;

      always @(posedge clk) begin
        if (start || step) age <= 2'd0;
        else if (age != PLACE) age <= age + 2'd1;
        if (start) ask <= 3'd0;
        else if (step) ask <= ask + 3'd1;
        if (start) asked <= 1'b0;
        else if (step && ask == LAST) asked <= 1'b1;
        if (start) slice <= 3'd0;
        else if (skip || (embedding && row_end)) slice <= slice + 3'd1;
        slices <= embedding ? {{BATCH - 1{1'b0}}, 1'b1} << slice : {BATCH{1'b1}};
      end
    end else begin : one_row
      reg asked;
      assign row_slice = 3'd0;
      assign row_request = active && embedding && !asked;
      assign skip = 1'b0;
      assign other = 1'b0;
      assign const_slices = 1'b1;
      always @(posedge clk) begin
        if (start) asked <= 1'b0;
        if (row_request && row_granted) asked <= 1'b1;
      end
      wire unused_mask = &{1'b0, mask, first_row, beats_less_1};
    end
  endgenerate

  wire unused = &{1'b0, next_address};

endmodule

`default_nettype wire
