// The order of instructions: any program of four words, with units that are ready, idle and busy as
// the solver likes. What leaves is compared with the word that the program counter names.
`default_nettype none

// With several slices there are turns, and no breakpoint.
module formal_sequence #(
    parameter BLOCKS = 0,
    parameter BATCH  = 1
) (
    input wire       clk,
    input wire       start_at,
    input wire       stop_at,
    input wire       resume,
    input wire       break_at,
    input wire       vector_idle,
    input wire       scalar_idle,
    input wire       matrix_idle,
    input wire       load_idle,
    input wire       block_busy,
    input wire       vector_ready,
    input wire       scalar_ready,
    input wire       matrix_ready,
    input wire       load_ready,
    input wire       order_ready,
    input wire [3:0] codes_in_use
);

  (* anyconst *) wire [4*128-1:0] program_words;
  (* anyconst *) wire [1:0] break_place;
  (* anyconst *) wire turns;
  (* anyconst *) wire [BATCH-1:0] mask;

  reg started = 1'b0;
  always @(posedge clk) started <= 1'b1;
  wire rst = !started;

  // The program is written first.
  reg [2:0] filled;
  wire filling = !filled[2];

  wire running;
  wire at_break;
  wire done;
  wire bad_opcode;
  wire [15:0] program_counter;
  wire waiting;
  wire [127:8] instruction;
  wire vector_valid;
  wire vector_turns;
  wire vector_again;
  wire [2:0] vector_turn;
  wire scalar_valid;
  wire matrix_valid;
  wire load_valid;
  wire block_valid;
  wire block_set;
  wire [19:0] matrix_groups;
  wire codes_begin;
  wire order_valid;
  wire order_matrix;

  wire start = start_at && !filling && !running && !rst;
  wire break_enable = BATCH == 1 && break_at;

  sterna_sequence #(
      .WORDS(4),
      .ROWS(4),
      .BLOCKS(BLOCKS),
      .BATCH(BATCH)
  ) dut (
      .clk(clk),
      .rst(rst),
      .program_write(filling && !rst),
      .program_addr(filled[1:0]),
      .program_data(program_words[128*filled[1:0]+:128]),
      .start(start),
      .stop(stop_at),
      .resume(resume),
      .break_enable(break_enable),
      .break_addr({14'd0, break_place}),
      .turns(turns),
      .mask(mask),
      .running(running),
      .at_break(at_break),
      .done(done),
      .bad_opcode(bad_opcode),
      .program_counter(program_counter),
      .waiting(waiting),
      .instruction(instruction),
      .vector_idle(vector_idle),
      .scalar_idle(scalar_idle),
      .matrix_idle(matrix_idle),
      .load_idle(load_idle),
      .block_busy(block_busy),
      .vector_ready(vector_ready),
      .scalar_ready(scalar_ready),
      .matrix_ready(matrix_ready),
      .load_ready(load_ready),
      .vector_valid(vector_valid),
      .vector_turns(vector_turns),
      .vector_again(vector_again),
      .vector_turn(vector_turn),
      .scalar_valid(scalar_valid),
      .matrix_valid(matrix_valid),
      .load_valid(load_valid),
      .block_valid(block_valid),
      .block_set(block_set),
      .matrix_groups(matrix_groups),
      .codes_in_use(codes_in_use),
      .codes_begin(codes_begin),
      .order_ready(order_ready),
      .order_valid(order_valid),
      .order_matrix(order_matrix)
  );

  // The word at the program counter, and what it asks for

  wire [1:0] pc = program_counter[1:0];
  wire [127:0] word = program_words[128*pc+:128];
  wire [3:0] op = word[3:0];
  wire is_block = BLOCKS != 0 && (op == 4'd6 || op == 4'd7);
  wire known = (op >= 4'd1 && op <= 4'd5) || is_block;
  wire rested = (vector_idle || !word[4]) && (scalar_idle || !word[5]) &&
                (matrix_idle || !word[6]) && (load_idle || !word[7]) && !block_busy;
  wire touches = word[10:8] == 3'd1 || word[10:8] == 3'd3 || word[15:14] == 2'd2 || word[31];
  wire in_turns = BATCH > 1 && turns && op == 4'd3 && touches;
  wire issued = vector_valid || scalar_valid || matrix_valid || load_valid || block_valid;
  wire breaks = break_enable && pc == break_place;
  wire [19:0] groups = (word[39:20] + 20'd3) >> 2;
  wire free = vector_idle && scalar_idle && matrix_idle && load_idle && !block_busy &&
              vector_ready && scalar_ready && matrix_ready && load_ready && order_ready &&
              codes_in_use == 4'd0 && !stop_at;

  reg [BATCH-1:0] seen;  // slices whose turn of this instruction has come
  reg first;
  reg [1:0] was_pc;
  // Of an instruction that is new in this cycle no turn has been seen.
  wire [BATCH-1:0] before = pc != was_pc || first ? {BATCH{1'b0}} : seen;
  wire [BATCH-1:0] this_turn = in_turns && vector_valid ?
                               {{BATCH - 1{1'b0}}, 1'b1} << vector_turn : {BATCH{1'b0}};
  wire [BATCH-1:0] lower = ~({BATCH{1'b1}} << vector_turn);
  reg resumed;
  reg settled;  // the first word has had the time to come
  reg was_running;
  reg was_start;
  reg was_in_turns;
  reg was_issued;
  reg was_end;
  reg was_known;
  reg was_bad;
  reg was_stop;

  always @(posedge clk) begin
    if (filling && !rst) filled <= filled + 3'd1;
    if (resume) resumed <= 1'b1;
    else if (start || issued) resumed <= 1'b0;
    seen <= before | this_turn;
    first <= start;
    settled <= first || (settled && !start);
    was_running <= running;
    was_start <= start;
    was_in_turns <= in_turns;
    was_issued <= issued;
    was_end <= running && op == 4'd1 && rested;
    was_known <= known;
    was_bad <= bad_opcode;
    was_stop <= stop_at;
    was_pc <= pc;
    if (rst) begin
      filled <= 3'd0;
      resumed <= 1'b0;
      seen <= {BATCH{1'b0}};
      first <= 1'b0;
      settled <= 1'b0;
      was_running <= 1'b0;
      was_bad <= 1'b0;
      was_stop <= 1'b0;
      was_start <= 1'b0;
    end
  end

  wire [1:0] moved = pc - was_pc;

  always @* begin
    assume (mask != {BATCH{1'b0}});
    if (!rst) begin
      assert (issued == 1'b0 || (running && rested && !stop_at && settled));
      assert (vector_valid + scalar_valid + matrix_valid + load_valid + block_valid <= 1);
      if (issued) assert (instruction == word[127:8]);
      if (issued) assert (!breaks || resumed);
      if (at_break) assert (breaks && running);
      if (vector_valid) assert (op == 4'd3 && vector_ready);
      if (vector_valid) assert (!word[32] || !codes_in_use[word[28:27]]);
      if (scalar_valid) assert (op == 4'd4 && scalar_ready);
      if (matrix_valid) assert (op == 4'd5 && matrix_ready && order_ready);
      if (matrix_valid) assert (matrix_groups == groups);
      if (load_valid) assert (op == 4'd2 && load_ready && (word[8] || order_ready));
      if (block_valid) assert (is_block && block_set == (op == 4'd7));
      assert (order_valid == (matrix_valid || (load_valid && !word[8])));
      if (order_valid) assert (order_matrix == matrix_valid);
      assert (codes_begin == (vector_valid && word[32]));

      // Each instruction once, in order
      if (running && was_running && !was_start) begin
        if (was_in_turns) assert (moved == 2'd0 || (moved == 2'd1 && seen == mask));
        else assert (moved == {1'b0, was_issued});
      end
      if (vector_valid && BATCH > 1) begin
        assert (vector_turns == in_turns);
        if (in_turns) begin
          assert (vector_turn < BATCH && mask[vector_turn]);
          assert ((mask & lower) == before);
          assert (vector_again == (before != {BATCH{1'b0}}));
        end
      end

      // Ends
      if (done) assert (!running && was_end);
      if (bad_opcode) assert (was_running && !was_known);
      if (was_running && running) assert (!was_stop && !was_bad);
      if (running && settled && free && known && !breaks && !in_turns) assert (!waiting);
    end
  end

endmodule

`default_nettype wire
