// Runs the program: issues one instruction after the other to the units, in order.
//
//   program RAM --> [ word ] --> [ instruction ] --> load | vector | scalar | matrix | block
//                                     ^ waits: units that must be idle, buffers in use,
//                                       queues that are full
//
// An instruction leaves when the units in its wait mask are idle and its unit's queue has room;
// what writes codes also waits until no product reads its buffer, and everything waits while the
// block unit works. Units then work on their own, so
// the program's order and waits are the schedule. The order of load and matrix instructions is that
// of the weight stream, which order_* passes on.
// A breakpoint stops before the instruction at its address (at_break), and resume goes over it.
// end is the last instruction: done for one cycle, when everything that its mask names is idle.
// With BATCH slices of the vector unit and turns high, a pass that touches a state is issued once
// for each slice in mask, in order: the slices hold consecutive tokens of one text.
// An unknown opcode stops the program with bad_opcode. One instruction a cycle at most; the RAM is
// read one ahead of it, because its outputs are too late for what is decided here.
`default_nettype none

module sterna_sequence #(
    parameter WORDS = 1024,  // instructions, a power of two
    parameter ROWS  = 64,    // rows of a row group, a power of two
    parameter BLOCKS = 0,    // 1: with a block unit
    parameter BATCH = 1      // slices of the vector unit, a power of two, at most 8
) (
    input  wire                     clk,
    input  wire                     rst,
    // Program
    input  wire                     program_write,
    input  wire [$clog2(WORDS)-1:0] program_addr,
    input  wire [            127:0] program_data,
    // Control
    input  wire                     start,
    input  wire                     stop,
    input  wire                     resume,
    input  wire                     break_enable,
    input  wire [             15:0] break_addr,
    input  wire                     turns,
    input  wire [        BATCH-1:0] mask,           // not 0
    output reg                      running,
    output wire                     at_break,
    output reg                      done,
    output reg                      bad_opcode,
    output wire [             15:0] program_counter,
    output wire                     waiting,
    // Units
    output wire [            127:8] instruction,
    input  wire                     vector_idle,
    input  wire                     scalar_idle,
    input  wire                     matrix_idle,
    input  wire                     load_idle,
    input  wire                     block_busy,
    input  wire                     vector_ready,
    input  wire                     scalar_ready,
    input  wire                     matrix_ready,
    input  wire                     load_ready,
    output wire                     vector_valid,
    output wire                     vector_turns,   // the pass is one of several turns
    output wire                     vector_again,   // and not the first
    output wire [              2:0] vector_turn,
    output wire                     scalar_valid,
    output wire                     matrix_valid,
    output wire                     load_valid,
    output wire                     block_valid,
    output wire                     block_set,
    output wire [             19:0] matrix_groups,
    // Codes
    input  wire [              3:0] codes_in_use,
    output wire                     codes_begin,
    // Order of the stream
    input  wire                     order_ready,
    output wire                     order_valid,
    output wire                     order_matrix
);

  localparam ADDR = $clog2(WORDS);
  localparam ROW = $clog2(ROWS);
  localparam [3:0] OP_END = 4'd1;
  localparam [3:0] OP_LOAD = 4'd2;
  localparam [3:0] OP_VECTOR = 4'd3;
  localparam [3:0] OP_SCALAR = 4'd4;
  localparam [3:0] OP_MATRIX = 4'd5;
  localparam [3:0] OP_BLOCK = 4'd6;
  localparam [3:0] OP_SET = 4'd7;

  initial begin
    if ((1 << ADDR) != WORDS || ADDR > 15 || (1 << ROW) != ROWS) begin
      $display("Cannot build sterna_sequence: WORDS %0d, ROWS %0d", WORDS, ROWS);
      $finish;
    end
  end

  reg [ADDR-1:0] pc;
  reg present;  // word is the instruction at pc
  reg filling;  // the RAM gives the first instruction in this cycle
  reg [ADDR-1:0] ahead;  // what the RAM reads next
  reg going_over;  // resumed at the breakpoint
  reg [127:0] word;
  wire [127:0] fetched;
  wire leave;
  wire take = leave || filling;

  always @(posedge clk) begin
    filling <= start && !rst;
    if (take) word <= fetched;
    if (start) ahead <= {{ADDR - 1{1'b0}}, 1'b1};
    else if (take) ahead <= ahead + 1'b1;
  end

  sterna_ram #(
      .WIDTH(128),
      .DEPTH(WORDS),
      .OLD_DATA(0)
  ) memory (
      .clk(clk),
      .wr_en(program_write),
      .wr_addr(program_addr),
      .wr_data(program_data),
      .rd_en(start || take),
      .rd_addr(start ? {ADDR{1'b0}} : ahead),
      .rd_data(fetched)
  );

  assign instruction = word[127:8];
  assign program_counter = {{16 - ADDR{1'b0}}, pc};

  wire [3:0] op = word[3:0];
  wire [3:0] waits = word[7:4];
  wire rested = !(waits[0] && !vector_idle) && !(waits[1] && !scalar_idle) &&
                !(waits[2] && !matrix_idle) && !(waits[3] && !load_idle) && !block_busy;
  wire is_load = op == OP_LOAD;
  wire is_vector = op == OP_VECTOR;
  wire is_scalar = op == OP_SCALAR;
  wire is_matrix = op == OP_MATRIX;
  wire is_end = op == OP_END;
  wire is_block = BLOCKS != 0 && (op == OP_BLOCK || op == OP_SET);
  wire embedding = word[8];
  wire writes_codes = word[32];
  wire buffer_free = !codes_in_use[word[28:27]];

  assign at_break = running && present && break_enable && break_addr == program_counter &&
                    !going_over;

  wire ready = is_load ? load_ready && (embedding || order_ready) :
               is_vector ? vector_ready && (!writes_codes || buffer_free) :
               is_scalar ? scalar_ready : is_matrix ? matrix_ready && order_ready :
               is_block || is_end;
  wire go = running && present && rested && !at_break && !stop;
  wire more;  // another turn follows this one
  wire pass_over;  // it is the turn of a slice that has none
  assign leave = go && (ready || pass_over) && !more;
  assign waiting = running && !leave && !at_break;

  assign load_valid = leave && is_load;
  assign block_valid = leave && is_block;
  assign block_set = op == OP_SET;
  assign vector_valid = go && ready && is_vector && !pass_over;
  assign scalar_valid = leave && is_scalar;
  assign matrix_valid = leave && is_matrix;
  assign codes_begin = vector_valid && writes_codes;
  assign order_valid = matrix_valid || (load_valid && !embedding);
  assign order_matrix = is_matrix;

  // Turns

  generate
    if (BATCH > 1) begin : with_turns
      localparam MOST = BATCH - 1;
      localparam [2:0] LAST = MOST[2:0];
      wire [2:0] x = word[10:8];
      wire touches_state = x == 3'd1 || x == 3'd3 || word[15:14] == 2'd2 || word[31];
      wire [7:0] all = {{8 - BATCH{1'b0}}, mask};
      reg [2:0] turn;
      reg again;
      assign vector_turns = turns && touches_state;
      assign vector_turn = turn;
      assign vector_again = again;
      assign more = is_vector && vector_turns && turn != LAST;
      assign pass_over = is_vector && vector_turns && !all[turn];
      always @(posedge clk) begin
        if (leave) turn <= 3'd0;
        else if (more && go && (ready || pass_over)) turn <= turn + 3'd1;
        if (leave) again <= 1'b0;
        else if (vector_valid) again <= 1'b1;
        if (rst || start) turn <= 3'd0;
        if (rst || start) again <= 1'b0;
      end
    end else begin : without_turns
      assign vector_turns = 1'b0;
      assign vector_turn = 3'd0;
      assign vector_again = 1'b0;
      assign more = 1'b0;
      assign pass_over = 1'b0;
      wire unused_turns = &{1'b0, turns, mask};
    end
  endgenerate

  localparam LAST_ROW = ROWS - 1;
  wire [19:0] rows_up = word[39:20] + LAST_ROW[19:0];
  assign matrix_groups = rows_up >> ROW;

  always @(posedge clk) begin
    done <= leave && is_end;
    present <= filling || leave || (present && running);
    if (start) pc <= {ADDR{1'b0}};
    else if (leave) pc <= pc + 1'b1;
    if (resume) going_over <= 1'b1;
    else if (leave || start) going_over <= 1'b0;
    if (start) running <= 1'b1;
    else if (stop || (leave && is_end) || bad_opcode) running <= 1'b0;
    bad_opcode <= go && !is_load && !is_vector && !is_scalar && !is_matrix && !is_end &&
                  !is_block;
    if (rst) begin
      running <= 1'b0;
      present <= 1'b0;
      going_over <= 1'b0;
      done <= 1'b0;
      bad_opcode <= 1'b0;
    end
  end

endmodule

`default_nettype wire
