// Block unit: what transformers need beside the other units. One instruction at a time, while all
// other units are idle, so that it has the vector memory and the weight stream to itself.
//
//   instruction --> mantissas | linear, embed | table | turns, rope | attention | relu
//
//   vector memory --> mantissas --> sterna_linear <-- stream, embedding row
//        ^                              |
//        +---------- results -----------+--> logits, largest
//        +--> sterna_rope, sterna_attention --> memory, through sterna_axi_write of the core
//
// Instructions: see src/verilog/ISA.md. set fills registers that attention reads. A row or records
// are asked for with ask_*: own says that ask_addr and ask_beats count, else it is the token's row.
`default_nettype none

module sterna_block #(
    parameter BEAT         = 16,    // bytes of a beat: 4 to 128, a power of two
    parameter LANES        = 4,     // elements of a word of the vector memory, a power of two
    parameter VECTOR_WORDS = 4096,  // words of the vector memory, a power of two
    parameter MULTIPLIERS  = 16,    // codes of block weights at once: 8 or 16
    parameter MANTISSAS    = 4096,  // inputs of a block product, a power of two
    parameter CONTEXT      = 1024   // tokens that attention sees, a power of two
) (
    input  wire                            clk,
    input  wire                            rst,
    // Instructions
    input  wire                            in_valid,
    input  wire                            in_set,
    input  wire [                   127:8] in_instruction,
    output wire                            idle,
    input  wire [                    15:0] position,
    // Scalar registers: the value one cycle after the address
    output wire                            scalar_read,
    output wire [                     4:0] scalar_addr,
    input  wire [                    15:0] scalar_m,
    input  wire [                    11:0] scalar_e,
    // Vector memory: a word one cycle after the read, and writes of one lane
    output wire                            vector_read,
    output wire [$clog2(VECTOR_WORDS)-1:0] vector_addr,
    input  wire [            32*LANES-1:0] vector_data,
    output wire [               LANES-1:0] vector_write,
    output wire [                    31:0] vector_value,
    // Weight stream
    input  wire                            stream_valid,
    output wire                            stream_take,
    input  wire [              8*BEAT-1:0] stream_beat,
    // Embedding row, records of caches
    output wire                            ask_valid,
    output wire                            ask_own,
    input  wire                            ask_granted,
    output wire [                    31:0] ask_addr,
    output wire [                    31:0] ask_beats,
    input  wire                            row_valid,
    output wire                            row_take,
    input  wire [              8*BEAT-1:0] row_beat,
    output wire                            put_valid,
    input  wire                            put_ready,
    output wire [                    31:0] put_addr,
    output wire [              8*BEAT-1:0] put_data,
    input  wire                            put_busy,
    // Logits
    output wire                            logits_valid,
    input  wire                            logits_ready,
    output wire [            32*LANES-1:0] logits_data,
    output wire [               LANES-1:0] logits_keep,
    output wire                            logits_last,
    output wire                            largest_done,
    output wire [                    19:0] largest_index,
    output wire [                    31:0] largest
);

  localparam LANE = $clog2(LANES);
  localparam VA = $clog2(VECTOR_WORDS);
  localparam WORDS = MANTISSAS / MULTIPLIERS;
  localparam WA = $clog2(WORDS);
  localparam PART = $clog2(MULTIPLIERS);
  localparam BEAT_WORDS = BEAT / 4;
  localparam TABLE_WORDS = 2048;
  localparam [3:0] SUB_MANTISSAS = 4'd0;
  localparam [3:0] SUB_LINEAR = 4'd1;
  localparam [3:0] SUB_EMBED = 4'd2;
  localparam [3:0] SUB_TABLE = 4'd3;
  localparam [3:0] SUB_TURNS = 4'd4;
  localparam [3:0] SUB_ROPE = 4'd5;
  localparam [3:0] SUB_ATTENTION = 4'd6;
  localparam [3:0] SUB_RELU = 4'd7;
  localparam [1:0] IDLE = 2'd0;
  localparam [1:0] READ = 2'd1;   // the scalar
  localparam [1:0] BEGIN = 2'd2;
  localparam [1:0] RUN = 2'd3;

  initial begin
    if ((1 << LANE) != LANES || (1 << VA) != VECTOR_WORDS || VA > 15 || (1 << WA) != WORDS) begin
      $display("Cannot build sterna_block: LANES %0d, VECTOR_WORDS %0d, MANTISSAS %0d", LANES,
               VECTOR_WORDS, MANTISSAS);
      $finish;
    end
  end

  // Instructions

  reg [1:0] state;
  reg [127:8] instruction;
  reg [63:0] settings0;
  reg [63:0] settings1;
  reg [63:0] settings2;
  reg [31:0] settings3;

  wire [3:0] sub = instruction[11:8];
  wire [14:0] a = instruction[26:12];
  wire [14:0] b = instruction[41:27];
  wire [14:0] c = instruction[56:42];
  wire [14:0] d = instruction[71:57];
  wire [19:0] count = instruction[96:77];
  wire [11:0] groups = instruction[108:97];
  wire [2:0] size = instruction[111:109];
  wire [1:0] width = instruction[113:112];
  wire [7:0] zero = instruction[121:114];
  wire flag0 = instruction[122];
  wire flag1 = instruction[123];
  wire flag2 = instruction[124];
  wire [19:0] a_at = {5'd0, a} << LANE;
  wire [19:0] b_at = {5'd0, b} << LANE;
  wire [19:0] c_at = {5'd0, c} << LANE;
  wire [19:0] d_at = {5'd0, d} << LANE;

  wire embedding = sub == SUB_EMBED;
  wire product = sub == SUB_LINEAR || embedding;
  wire head = sub == SUB_LINEAR && flag2;
  wire walks = sub == SUB_MANTISSAS || sub == SUB_RELU;
  wire start = state == BEGIN;
  wire run = state == RUN;
  wire ends;

  assign idle = state == IDLE;
  assign scalar_read = state == READ;
  assign scalar_addr = instruction[76:72];

  always @(posedge clk) begin
    if (in_valid && !in_set) instruction <= in_instruction;
    if (in_valid && in_set) begin
      case (in_instruction[9:8])
        2'd0: settings0 <= in_instruction[127:64];
        2'd1: settings1 <= in_instruction[127:64];
        2'd2: settings2 <= in_instruction[127:64];
        default: settings3 <= in_instruction[95:64];
      endcase
    end
    case (state)
      IDLE: if (in_valid && !in_set) state <= READ;
      READ: state <= BEGIN;
      BEGIN: state <= RUN;
      default: if (ends) state <= IDLE;
    endcase
    if (rst) state <= IDLE;
  end

  // Walks over the elements of a vector: 0 read, 1 compute, 2 write

  reg [1:0] step;
  reg [19:0] at;
  reg [31:0] value;
  reg [16*MULTIPLIERS-1:0] word;
  wire present = at < count;
  wire [31:0] read_value;
  wire [15:0] mantissa;
  wire [4:0] spare_shift;
  wire [11:0] shift = scalar_e + 12'd15;
  localparam LAST_PART = MULTIPLIERS - 1;
  wire part_last = at[PART-1:0] == LAST_PART[PART-1:0];
  wire walk_write = run && walks && step == 2'd2;
  wire walk_next = at + 20'd1 >= count && (part_last || sub == SUB_RELU);
  wire [16*MULTIPLIERS-1:0] next_word = {value[15:0], word[16*MULTIPLIERS-1:16]};

  sterna_mantissa round (
      .x(read_value),
      .shift(shift[4:0]),
      .value(mantissa),
      .largest(30'd0),
      .largest_shift(spare_shift)
  );

  always @(posedge clk) begin
    if (start) begin
      step <= 2'd0;
      at   <= 20'd0;
    end else if (run && walks) begin
      step <= step == 2'd2 ? 2'd0 : step + 2'd1;
      if (step == 2'd2) at <= at + 20'd1;
    end
    if (sub == SUB_RELU) value <= read_value[31] ? 32'd0 : read_value;
    else value <= present ? {{16{mantissa[15]}}, mantissa} : 32'd0;
    if (walk_write) word <= next_word;
  end

  // Table RAM: sine, exp2, turns

  reg [8*BEAT-1:0] table_beat;
  reg [5:0] table_words;
  reg [19:0] table_left;
  reg [10:0] table_at;
  wire table_busy = sub == SUB_TABLE && run;
  wire table_write = table_busy && table_words != 6'd0;
  wire table_take = table_busy && table_words == 6'd0 && table_left != 20'd0;
  wire rope_table_read;
  wire attention_table_read;
  wire [10:0] rope_table_addr;
  wire [10:0] attention_table_addr;
  wire [31:0] table_data;

  always @(posedge clk) begin
    if (start) begin
      table_left  <= count;
      table_at    <= a[10:0];
      table_words <= 6'd0;
    end else if (table_take && stream_valid) begin
      table_beat  <= stream_beat;
      table_words <= table_left < BEAT_WORDS[19:0] ? table_left[5:0] : BEAT_WORDS[5:0];
    end else if (table_write) begin
      table_beat  <= table_beat >> 32;
      table_words <= table_words - 6'd1;
      table_left  <= table_left - 20'd1;
      table_at    <= table_at + 11'd1;
    end
  end

  sterna_ram #(
      .WIDTH(32),
      .DEPTH(TABLE_WORDS),
      .OLD_DATA(0)
  ) tables (
      .clk(clk),
      .wr_en(table_write),
      .wr_addr(table_at),
      .wr_data(table_beat[31:0]),
      .rd_en(rope_table_read || attention_table_read),
      .rd_addr(rope_table_read ? rope_table_addr : attention_table_addr),
      .rd_data(table_data)
  );

  // Products and embedding rows

  wire linear_busy;
  wire linear_take;
  wire result_valid;
  wire result_ready;
  wire result_last;
  wire [31:0] result;
  reg [19:0] result_at;
  reg asked;

  sterna_linear #(
      .BEAT(BEAT),
      .MULTIPLIERS(MULTIPLIERS),
      .WORDS(WORDS)
  ) linear (
      .clk(clk),
      .rst(rst),
      .start(start && product),
      .embed(embedding),
      .rows(embedding ? 20'd1 : count),
      .row_beats(b),
      .groups(groups),
      .size(size),
      .width(width),
      .zero(zero),
      .with_min(flag0),
      .with_bias(flag1),
      .m(embedding ? 16'h8000 : scalar_m),
      .e(embedding ? a[11:0] : scalar_e),
      .busy(linear_busy),
      .beat_valid(embedding ? row_valid && asked : stream_valid && linear_busy),
      .beat_take(linear_take),
      .beat(embedding ? row_beat : stream_beat),
      .write(walk_write && sub == SUB_MANTISSAS && part_last),
      .write_addr(at[PART+WA-1:PART]),
      .write_data(next_word),
      .out_valid(result_valid),
      .out_ready(result_ready),
      .out_last(result_last),
      .out_value(result)
  );

  wire result_write = result_valid && product && !head;

  always @(posedge clk) begin
    if (start) result_at <= d_at;
    else if (result_write) result_at <= result_at + 20'd1;
    if (start) asked <= 1'b0;
    else if (ask_granted) asked <= 1'b1;
  end

  // Logits

  reg [32*LANES-1:0] logits_word;
  reg [LANES-1:0] logits_kept;
  reg logits_full;
  reg logits_end;
  reg head_done;
  reg was_reset;
  wire fill = result_valid && head && !logits_full;
  wire logits_leave = logits_valid && logits_ready;

  assign result_ready = head ? !logits_full : 1'b1;
  assign logits_valid = logits_full;
  assign logits_data = logits_word;
  assign logits_keep = logits_kept;
  assign logits_last = logits_end;

  // The first free lane takes the result; lanes that get none are not kept.
  wire [LANES-1:0] free_lane = ~logits_kept & {logits_kept[LANES-2:0], 1'b1};

  genvar l;
  generate
    for (l = 0; l < LANES; l = l + 1) begin : lane
      always @(posedge clk) if (fill && free_lane[l]) logits_word[32*l+:32] <= result;
    end
  endgenerate

  always @(posedge clk) begin
    if (start || logits_leave) logits_kept <= {LANES{1'b0}};
    else if (fill) logits_kept <= logits_kept | free_lane;
    if (fill) logits_end <= result_last;
    if (fill && (result_last || free_lane[LANES-1])) logits_full <= 1'b1;
    else if (logits_leave) logits_full <= 1'b0;
    if (start) head_done <= 1'b0;
    else if (largest_done) head_done <= 1'b1;
    was_reset <= rst;
    if (rst) logits_full <= 1'b0;
  end

  sterna_argmax #(
      .LANES(LANES),
      .INDEX(20)
  ) argmax (
      .clk(clk),
      .rst(rst),
      .clear(was_reset || start),
      .in_valid(logits_leave),
      .in_keep(logits_keep),
      .in_data(logits_data),
      .finish(logits_leave && logits_last),
      .done(largest_done),
      .index(largest_index),
      .best(largest)
  );

  // Positions and attention

  wire rope_busy;
  wire rope_read;
  wire rope_write;
  wire [19:0] rope_addr;
  wire [31:0] rope_value;

  sterna_rope rope (
      .clk(clk),
      .rst(rst),
      .busy(rope_busy),
      .start_turns(start && sub == SUB_TURNS),
      .start_apply(start && sub == SUB_ROPE),
      .slot(flag2),
      .interleaved(flag1),
      .pairs(count[8:0]),
      .heads(groups[7:0]),
      .dim(b[8:0]),
      .source(a_at),
      .target(d_at),
      .position(position),
      .table_read(rope_table_read),
      .table_addr(rope_table_addr),
      .table_data(table_data),
      .vector_read(rope_read),
      .vector_addr(rope_addr),
      .vector_data(read_value),
      .vector_write(rope_write),
      .vector_value(rope_value)
  );

  wire attention_busy;
  wire attention_read;
  wire attention_write;
  wire [19:0] attention_addr;
  wire [31:0] attention_value;
  wire attention_ask;
  wire attention_take;

  sterna_attention #(
      .BEAT(BEAT),
      .CONTEXT(CONTEXT)
  ) attention (
      .clk(clk),
      .rst(rst),
      .start(start && sub == SUB_ATTENTION),
      .busy(attention_busy),
      .heads(settings0[7:0]),
      .kv_heads(settings0[15:8]),
      .dim(settings0[24:16]),
      .window(settings0[47:32]),
      .c_m(settings1[15:0]),
      .c_e(settings1[27:16]),
      .record(settings1[39:32]),
      .stride(settings3),
      .keys_at(settings2[31:0]),
      .values_at(settings2[63:32]),
      .q_at(a_at),
      .k_at(b_at),
      .v_at(c_at),
      .target(d_at),
      .position(position),
      .vector_read(attention_read),
      .vector_addr(attention_addr),
      .vector_data(read_value),
      .vector_write(attention_write),
      .vector_value(attention_value),
      .table_read(attention_table_read),
      .table_addr(attention_table_addr),
      .table_data(table_data),
      .put_valid(put_valid),
      .put_ready(put_ready),
      .put_addr(put_addr),
      .put_data(put_data),
      .put_busy(put_busy),
      .ask_valid(attention_ask),
      .ask_granted(ask_granted),
      .ask_addr(ask_addr),
      .ask_beats(ask_beats),
      .beat_valid(row_valid),
      .beat_take(attention_take),
      .beat(row_beat)
  );

  // What is shared

  wire walk_read = run && walks && step == 2'd0 && present;
  wire [19:0] element = rope_busy ? rope_addr : attention_busy ? attention_addr :
                        product ? result_at : (walk_write && sub == SUB_RELU ? d_at : a_at) + at;
  wire any_write = rope_write || attention_write || result_write || (walk_write && present);
  wire [LANE-1:0] element_lane = element[LANE-1:0];
  reg [LANE-1:0] read_lane;

  always @(posedge clk) if (vector_read) read_lane <= element_lane;

  assign vector_read = walk_read || rope_read || attention_read;
  assign vector_addr = element[VA+LANE-1:LANE];
  assign read_value = vector_data[{read_lane, 5'd0}+:32];
  assign vector_write = {{LANES - 1{1'b0}}, any_write} << element_lane;
  assign vector_value = rope_busy ? rope_value : attention_busy ? attention_value :
                        product ? result : value;
  assign stream_take = table_take ? stream_valid : linear_take && !embedding;
  assign ask_valid = attention_ask || (run && embedding && !asked);
  assign ask_own = attention_busy;
  assign row_take = attention_busy ? attention_take : linear_take && embedding;

  reg started;  // run has lasted for a cycle, so that a busy is up

  always @(posedge clk) started <= run;

  assign ends = walks ? walk_write && walk_next : product ? started && !linear_busy &&
                (!head || head_done) : sub == SUB_TABLE ? table_left == 20'd0 :
                started && !rope_busy && !attention_busy;

  wire unused = &{1'b0, spare_shift, shift[11:5], element, settings0, settings1, word[15:0],
                  instruction[127:125], in_instruction};

endmodule

`default_nettype wire
