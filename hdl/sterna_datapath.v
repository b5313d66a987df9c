// The units that compute a token, and the paths between them: everything of sterna_core that sees
// vectors, codes or weights.
//
//   instruction --> loader | vector_unit | scalar_unit | codes, matvec, drain | block_unit
//
//   stream --order--+--> loader --> constants --> vector_unit <--> scalar_unit
//                   |                             |  ^   scale ------v
//                   |                       codes v  | results       v
//                   +------------> matvec <-- codes  +----------- drain --> logits, largest
//                   |                                |
//                   +------------> block_unit <------+----------> logits, largest, caches
//                                    +---- sums ---------------------^
//
// An instruction arrives with the valid of its unit, and only when that unit's ready is high.
// order_* says, in program order, which instruction the next beats of the stream belong to.
// Units run on their own until they are idle; rst stops all of them at once. The block unit is
// there where MULTIPLIERS is not 0, and has what the others use to itself while it works; such a
// build has one slice.
`default_nettype none

module sterna_datapath #(
    parameter BEAT         = 16,    // bytes of a beat: 4 to 128, a power of two
    parameter BASE3        = 1,     // 1: five trits a byte, base 3; 0: four trits a byte, 2 bits
    parameter ROWS         = 16,    // rows of a matrix at once: a power of two, at most BEAT
    parameter LANES        = 4,     // lanes of the vector unit: a power of two, 2 to ROWS
    parameter VECTOR_WORDS = 4096,  // words of the vector memory, a power of two
    parameter STATE_WORDS  = 2048,  // words of the state memory, a power of two
    parameter CONST_WORDS  = 2048,  // words of the constant memory, a power of two
    parameter CODE_WORDS   = 1024,  // words of the code memory, a power of two
    parameter MULTIPLIERS  = 0,     // codes of block weights at once: 0 for none, 8 or 16
    parameter MANTISSAS    = 4096,  // inputs of a block product, a power of two
    parameter CONTEXT      = 1024,  // tokens that attention sees, a power of two
    parameter EVENTS       = 11,    // events that are counted: one more with a block unit
    parameter BATCH        = 1      // slices of the vector unit, each with a vector of its own
) (
    input  wire                     clk,
    input  wire                     rst,
    // Instructions
    input  wire [            127:8] instruction,
    input  wire                     vector_valid,
    input  wire                     vector_turns,
    input  wire                     vector_again,
    input  wire [              2:0] vector_turn,
    output wire                     vector_ready,
    output wire                     vector_idle,
    input  wire                     scalar_valid,
    output wire                     scalar_ready,
    output wire                     scalar_idle,
    input  wire                     matrix_valid,
    output wire                     matrix_ready,
    output wire                     matrix_idle,
    input  wire [             19:0] matrix_groups,
    input  wire                     load_valid,
    output wire                     load_ready,
    output wire                     load_idle,
    output wire [              3:0] codes_in_use,
    input  wire                     codes_begin,
    input  wire                     order_valid,
    output wire                     order_ready,
    input  wire                     order_matrix,
    output wire                     resting,        // nothing moves until another instruction
    input  wire                     block_valid,
    input  wire                     block_set,
    output wire                     block_idle,
    input  wire [             15:0] position,
    // Slices that take part, and the one that has the state of tokens in turns
    input  wire [        BATCH-1:0] mask,
    input  wire [              2:0] home,
    // Weight stream and embedding rows
    input  wire                     stream_valid,
    output wire                     stream_take,
    input  wire [       8*BEAT-1:0] stream_beat,
    output wire [              2:0] row_slice,
    output wire                     row_request,
    input  wire                     row_granted,
    input  wire                     row_valid,
    output wire                     row_take,
    input  wire [       8*BEAT-1:0] row_beat,
    output wire                     row_own,        // what is read is not the token's row but
    output wire [             31:0] row_own_addr,
    output wire [             31:0] row_own_beats,
    // Beats that are written
    output wire                     put_valid,
    input  wire                     put_ready,
    output wire [             31:0] put_addr,
    output wire [       8*BEAT-1:0] put_data,
    input  wire                     put_busy,
    // Sigmoid table
    input  wire                     table_write,
    input  wire [              8:0] table_addr,
    input  wire [             26:0] table_data,
    // Logits
    output wire                     logits_valid,
    input  wire                     logits_ready,
    output wire [32*LANES*BATCH-1:0] logits_data,   // by slice, then lane
    output wire [        LANES-1:0] logits_keep,
    output wire                     logits_last,
    output wire                     largest_done,
    output wire [     20*BATCH-1:0] largest_index,
    output wire [     32*BATCH-1:0] largest,
    // Host
    input  wire                     window_read,
    input  wire                     window_space,
    input  wire [             15:0] window_addr,
    input  wire [$clog2(LANES)-1:0] window_lane,
    input  wire [              2:0] window_slice,
    input  wire [  LANES*BATCH-1:0] window_write,
    input  wire [             31:0] window_data,
    output wire [             31:0] window_value,
    input  wire                     scalar_read,
    input  wire [              4:0] scalar_addr,
    output wire [     28*BATCH-1:0] scalar_value,
    // Counted by the host
    output wire [       EVENTS-1:0] events
);

  localparam TRITS = BASE3 != 0 ? 5 : 4;
  localparam ACC = 24;

  initial begin
    if (BATCH != 1 && MULTIPLIERS != 0) begin
      $display("Cannot build sterna_datapath: BATCH %0d, MULTIPLIERS %0d", BATCH, MULTIPLIERS);
      $finish;
    end
  end

  localparam CODES = LANES < 8 ? 8 : LANES;
  localparam BANKS = BEAT / 2 > LANES ? BEAT / 2 / LANES : 1;
  localparam CONST_ROWS = CONST_WORDS / BANKS;
  localparam VA = $clog2(VECTOR_WORDS);

  wire codes_ready;
  wire matvec_ready;
  wire drain_ready;
  wire matvec_idle;
  wire drain_idle;
  wire drain_resting;
  wire matvec_busy;
  wire matvec_wait_weights;
  wire matvec_wait_codes;
  wire matvec_wait_drain;
  wire vector_busy;
  wire vector_waiting;
  wire vector_held;
  wire logits_stalled;
  wire load_take;
  wire in_turn;
  wire turn_matrix;

  assign matrix_ready = codes_ready && matvec_ready && drain_ready;
  assign matrix_idle = matvec_idle && drain_idle;
  assign resting = vector_idle && scalar_idle && drain_resting && block_idle &&
                   (matvec_wait_drain || (matvec_idle && load_idle));
  wire [10:0] counted = {
    !matvec_busy && !matvec_wait_codes && !matvec_wait_drain && !matvec_wait_weights && !load_take,
    logits_stalled,
    !scalar_idle,
    vector_held,
    vector_waiting,
    vector_busy,
    load_take,
    matvec_wait_drain,
    matvec_wait_codes && !load_take,
    matvec_wait_weights && !load_take,
    matvec_busy
  };

  // Whose turn it is on the weight stream

  wire matvec_take;
  wire matvec_end;
  wire load_end;

  sterna_queue #(
      .WIDTH(1),
      .DEPTH(8)
  ) order (
      .clk(clk),
      .rst(rst),
      .in_valid(order_valid),
      .in_ready(order_ready),
      .in_data(order_matrix),
      .out_valid(in_turn),
      .out_ready(matvec_end || load_end),
      .out_data(turn_matrix)
  );

  assign stream_take = matvec_take || load_take || block_take;

  // What the block unit, if there is one, does with the ports of the others

  wire block_take;
  wire block_request;
  wire block_row_take;
  wire block_scalar_read;
  wire [4:0] block_scalar_addr;
  wire block_read;
  wire [VA-1:0] block_addr;
  wire [32*LANES-1:0] block_words;
  wire [LANES-1:0] block_write;
  wire [31:0] block_value;
  wire block_logits_valid;
  wire [32*LANES*BATCH-1:0] block_logits_data;
  wire [LANES-1:0] block_logits_keep;
  wire block_logits_last;
  wire block_largest_done;
  wire [20*BATCH-1:0] block_largest_index;
  wire [32*BATCH-1:0] block_largest;
  wire load_request;
  wire load_row_take;

  assign row_request = load_request || block_request;
  assign row_take = load_row_take || block_row_take;

  wire [BATCH-1:0] const_slices;
  wire [BANKS*LANES-1:0] const_write;
  wire [$clog2(CONST_ROWS)-1:0] const_addr;
  wire [16*BANKS*LANES-1:0] const_data;

  sterna_load #(
      .BEAT (BEAT),
      .LANES(LANES),
      .BANKS(BANKS),
      .ROWS (CONST_ROWS),
      .BATCH(BATCH)
  ) loader (
      .clk(clk),
      .rst(rst),
      .in_valid(load_valid),
      .in_ready(load_ready),
      .in_embedding(instruction[8]),
      .in_address(instruction[30:16]),
      .in_beats(instruction[47:32]),
      .idle(load_idle),
      .stream_valid(stream_valid && in_turn && !turn_matrix),
      .stream_take(load_take),
      .stream_end(load_end),
      .stream_beat(stream_beat),
      .mask(mask),
      .row_slice(row_slice),
      .row_request(load_request),
      .row_granted(row_granted),
      .row_valid(row_valid),
      .row_take(load_row_take),
      .row_beat(row_beat),
      .const_slices(const_slices),
      .const_write(const_write),
      .const_addr(const_addr),
      .const_data(const_data)
  );

  // Vectors and scalars

  wire vector_scalar_read;
  wire [4:0] vector_scalar_addr;
  wire [16*BATCH-1:0] vector_scalar_m;
  wire [12*BATCH-1:0] vector_scalar_e;
  wire [119:0] progress;
  wire drain_write;
  wire [14:0] drain_addr;
  wire [32*LANES*BATCH-1:0] drain_data;
  wire code_write;
  wire [1:0] code_buffer;
  wire [14:0] code_addr;
  wire [8*LANES*BATCH-1:0] code_data;
  wire clear_maximum;
  wire clear_sum;
  wire [30*BATCH-1:0] maximum;
  wire [48*BATCH-1:0] sum;

  sterna_vector #(
      .LANES(LANES),
      .VECTOR_WORDS(VECTOR_WORDS),
      .STATE_WORDS(STATE_WORDS),
      .CONST_ROWS(CONST_ROWS),
      .CONST_BANKS(BANKS),
      .BATCH(BATCH)
  ) vector_unit (
      .clk(clk),
      .rst(rst),
      .in_valid(vector_valid),
      .in_ready(vector_ready),
      .in_instruction(instruction),
      .in_turns(vector_turns),
      .in_again(vector_again),
      .in_turn(vector_turn),
      .mask(mask),
      .home(home),
      .idle(vector_idle),
      .scalar_read(vector_scalar_read),
      .scalar_addr(vector_scalar_addr),
      .scalar_m(vector_scalar_m),
      .scalar_e(vector_scalar_e),
      .progress(progress),
      .drain_write(drain_write),
      .drain_addr(drain_addr[VA-1:0]),
      .drain_data(drain_data),
      .block_read(block_read),
      .block_write(block_write),
      .block_value(block_value),
      .block_addr(block_addr),
      .block_data(block_words),
      .code_write(code_write),
      .code_buffer(code_buffer),
      .code_addr(code_addr),
      .code_data(code_data),
      .clear_maximum(clear_maximum),
      .clear_sum(clear_sum),
      .maximum(maximum),
      .sum(sum),
      .const_slices(const_slices),
      .const_write(const_write),
      .const_addr(const_addr),
      .const_data(const_data),
      .table_write(table_write),
      .table_addr(table_addr),
      .table_data(table_data),
      .host_read(window_read),
      .host_space(window_space),
      .host_addr(window_addr),
      .host_lane(window_lane),
      .host_slice(window_slice),
      .host_write_s(window_write),
      .host_data(window_data),
      .host_value(window_value),
      .busy(vector_busy),
      .waiting(vector_waiting),
      .held(vector_held)
  );

  wire [4:0] drain_scalar_addr;
  wire [16*BATCH-1:0] drain_scalar_m;
  wire [12*BATCH-1:0] drain_scalar_e;
  wire [31:0] marks;

  sterna_scalar #(
      .BLOCKS(MULTIPLIERS != 0 ? 1 : 0),
      .BATCH (BATCH)
  ) scalar_unit (
      .clk(clk),
      .rst(rst),
      .in_valid(scalar_valid),
      .in_ready(scalar_ready),
      .in_instruction(instruction),
      .idle(scalar_idle),
      .maximum(maximum),
      .sum(sum),
      .clear_maximum(clear_maximum),
      .clear_sum(clear_sum),
      .vector_read(vector_scalar_read || block_scalar_read),
      .vector_addr(block_idle ? vector_scalar_addr : block_scalar_addr),
      .vector_m(vector_scalar_m),
      .vector_e(vector_scalar_e),
      .drain_addr(drain_scalar_addr),
      .drain_m(drain_scalar_m),
      .drain_e(drain_scalar_e),
      .host_read(scalar_read),
      .host_addr(scalar_addr),
      .host_value(scalar_value),
      .unset(matrix_valid),
      .unset_addr(instruction[18:14]),
      .marks(marks)
  );

  // Products

  wire codes_valid;
  wire codes_take;
  wire codes_last;
  wire [40*BATCH-1:0] group_codes;

  sterna_codes #(
      .LANES(LANES),
      .CODES(CODES),
      .WORDS(CODE_WORDS),
      .TRITS(TRITS),
      .BATCH(BATCH)
  ) codes (
      .clk(clk),
      .rst(rst),
      .write(code_write),
      .write_buffer(code_buffer),
      .write_addr(code_addr),
      .write_data(code_data),
      .begin_write(codes_begin),
      .begin_buffer(instruction[28:27]),
      .in_use(codes_in_use),
      .in_valid(matrix_valid),
      .in_ready(codes_ready),
      .in_base(instruction[70:56]),
      .in_columns(instruction[55:40]),
      .in_groups(matrix_groups),
      .in_buffer(instruction[10:9]),
      .out_valid(codes_valid),
      .out_take(codes_take),
      .out_last(codes_last),
      .out_codes(group_codes)
  );

  wire drain_logits_valid;
  wire [32*LANES*BATCH-1:0] drain_logits_data;
  wire [LANES-1:0] drain_logits_keep;
  wire drain_logits_last;
  wire drain_largest_done;
  wire [20*BATCH-1:0] drain_largest_index;
  wire [32*BATCH-1:0] drain_largest;
  wire hold_full;
  wire hold_shift;
  wire hold_done;
  wire [ACC*LANES*BATCH-1:0] hold_sums;

  sterna_matvec #(
      .BEAT (BEAT),
      .ROWS (ROWS),
      .LANES(LANES),
      .BASE3(BASE3),
      .ACC  (ACC),
      .BATCH(BATCH)
  ) matvec (
      .clk(clk),
      .rst(rst),
      .in_valid(matrix_valid),
      .in_ready(matvec_ready),
      .in_columns(instruction[55:40]),
      .in_groups(matrix_groups),
      .idle(matvec_idle),
      .codes_valid(codes_valid),
      .codes_take(codes_take),
      .codes_last(codes_last),
      .codes(group_codes),
      .beat_valid(stream_valid && in_turn && turn_matrix),
      .beat_take(matvec_take),
      .beat_end(matvec_end),
      .beat(stream_beat),
      .hold_full(hold_full),
      .hold_shift(hold_shift),
      .hold_done(hold_done),
      .hold_sums(hold_sums),
      .busy(matvec_busy),
      .wait_weights(matvec_wait_weights),
      .wait_codes(matvec_wait_codes),
      .wait_drain(matvec_wait_drain)
  );

  sterna_drain #(
      .ROWS (ROWS),
      .LANES(LANES),
      .ACC  (ACC),
      .BATCH(BATCH)
  ) drain (
      .clk(clk),
      .rst(rst),
      .in_valid(matrix_valid),
      .in_ready(drain_ready),
      .in_rows(instruction[39:20]),
      .in_addr(instruction[87:73]),
      .in_token(instruction[13:11]),
      .in_register(instruction[18:14]),
      .in_head(instruction[8]),
      .idle(drain_idle),
      .resting(drain_resting),
      .hold_full(hold_full),
      .hold_shift(hold_shift),
      .hold_done(hold_done),
      .hold_sums(hold_sums),
      .marks(marks),
      .scalar_addr(drain_scalar_addr),
      .scalar_m(drain_scalar_m),
      .scalar_e(drain_scalar_e),
      .write(drain_write),
      .write_addr(drain_addr),
      .write_data(drain_data),
      .begin_valid(matrix_valid),
      .begin_token(instruction[13:11]),
      .progress(progress),
      .logits_valid(drain_logits_valid),
      .logits_ready(logits_ready),
      .logits_data(drain_logits_data),
      .logits_keep(drain_logits_keep),
      .logits_last(drain_logits_last),
      .stalled(logits_stalled),
      .largest_done(drain_largest_done),
      .largest_index(drain_largest_index),
      .largest(drain_largest)
  );

  assign logits_valid  = drain_logits_valid || block_logits_valid;
  assign logits_data   = block_idle ? drain_logits_data : block_logits_data;
  assign logits_keep   = block_idle ? drain_logits_keep : block_logits_keep;
  assign logits_last   = block_idle ? drain_logits_last : block_logits_last;
  assign largest_done  = drain_largest_done || block_largest_done;
  assign largest_index = drain_largest_done ? drain_largest_index : block_largest_index;
  assign largest       = drain_largest_done ? drain_largest : block_largest;

  // Transformers

  generate
    if (MULTIPLIERS != 0) begin : with_blocks
      sterna_block #(
          .BEAT(BEAT),
          .LANES(LANES),
          .VECTOR_WORDS(VECTOR_WORDS),
          .MULTIPLIERS(MULTIPLIERS),
          .MANTISSAS(MANTISSAS),
          .CONTEXT(CONTEXT)
      ) block_unit (
          .clk(clk),
          .rst(rst),
          .in_valid(block_valid),
          .in_set(block_set),
          .in_instruction(instruction),
          .idle(block_idle),
          .position(position),
          .scalar_read(block_scalar_read),
          .scalar_addr(block_scalar_addr),
          .scalar_m(vector_scalar_m[15:0]),
          .scalar_e(vector_scalar_e[11:0]),
          .vector_read(block_read),
          .vector_addr(block_addr),
          .vector_data(block_words),
          .vector_write(block_write),
          .vector_value(block_value),
          .stream_valid(stream_valid),
          .stream_take(block_take),
          .stream_beat(stream_beat),
          .ask_valid(block_request),
          .ask_own(row_own),
          .ask_granted(row_granted),
          .ask_addr(row_own_addr),
          .ask_beats(row_own_beats),
          .row_valid(row_valid),
          .row_take(block_row_take),
          .row_beat(row_beat),
          .put_valid(put_valid),
          .put_ready(put_ready),
          .put_addr(put_addr),
          .put_data(put_data),
          .put_busy(put_busy),
          .logits_valid(block_logits_valid),
          .logits_ready(logits_ready),
          .logits_data(block_logits_data),
          .logits_keep(block_logits_keep),
          .logits_last(block_logits_last),
          .largest_done(block_largest_done),
          .largest_index(block_largest_index),
          .largest(block_largest)
      );
      assign events = {!block_idle, counted};
    end else begin : without_blocks
      assign events = counted;
      assign block_idle = 1'b1;
      assign block_scalar_read = 1'b0;
      assign block_scalar_addr = 5'd0;
      assign block_read = 1'b0;
      assign block_addr = {VA{1'b0}};
      assign block_write = {LANES{1'b0}};
      assign block_value = 32'd0;
      assign block_take = 1'b0;
      assign block_request = 1'b0;
      assign block_row_take = 1'b0;
      assign row_own = 1'b0;
      assign row_own_addr = 32'd0;
      assign row_own_beats = 32'd0;
      assign put_valid = 1'b0;
      assign put_addr = 32'd0;
      assign put_data = {8 * BEAT{1'b0}};
      assign block_logits_valid = 1'b0;
      assign block_logits_data = {32 * LANES * BATCH{1'b0}};
      assign block_logits_keep = {LANES{1'b0}};
      assign block_logits_last = 1'b0;
      assign block_largest_done = 1'b0;
      assign block_largest_index = drain_largest_index;
      assign block_largest = drain_largest;
      wire unused_ports = &{
        1'b0, block_valid, block_set, position, put_ready, put_busy, block_words
      };
    end
  endgenerate

  wire unused = &{1'b0, drain_addr};

endmodule

`default_nettype wire
