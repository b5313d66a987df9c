// The whole machine: computes a token of a MatMul-free language model from an image in memory.
//
//   AXI4-Lite -- host -- sequence -- program
//                  |         | in order
//        +---------+---------+----------+-----------+
//        v         v         v          v           v
//      boot      load     vector --> scalar      matvec --> drain --> logits, token
//        |         |       ^  | codes  |  ^ scale    ^          |
//        |         +-const-+  +------->codes---------+          |
//        |         ^       ^------------ results ---------------+
//      fetch ------+---- weight stream --------------^
//        | AXI4 reads                                      block <--> vectors, stream, caches
//
// The build fixes widths, lanes and capacities; model and schedule are in the image, whose program
// is one token. Everything between the units is decoupled by queues, so each runs as far ahead as
// the data allow: weights are fetched before they are asked for, a product starts while its codes
// are still being written, its sums wait for their scale, and passes follow its results row by row.
// Registers: sterna_host. Instructions: src/verilog/ISA.md. Image: src/verilog/image.ts.
`default_nettype none

module sterna_core #(
    parameter ADDR          = 40,    // bits of a memory address in bytes, 33 to 64
    parameter BEAT          = 16,    // bytes of a beat: 4 to 128, a power of two
    parameter BASE3         = 1,     // 1: five trits a byte, base 3; 0: four trits a byte, 2 bits
    parameter ROWS          = 16,    // rows of a matrix at once: a power of two, at most BEAT
    parameter LANES         = 4,     // lanes of the vector unit: a power of two, 2 to ROWS
    parameter PROGRAM_WORDS = 1024,  // instructions, a power of two, at most 32,768
    parameter VECTOR_WORDS  = 4096,  // words of the vector memory, a power of two, at most 32,768
    parameter STATE_WORDS   = 2048,  // words of the state memory, a power of two, at most 65,536
    parameter CONST_WORDS   = 2048,  // words of the constant memory, a power of two, at most 32,768
    parameter CODE_WORDS    = 1024,  // words of the code memory, a power of two, at most 32,768
    parameter FIFO_BEATS    = 256,   // beats that the stream is read ahead, a power of two
    parameter MULTIPLIERS   = 0,     // codes of block weights at once: 0 for no block unit, 8 or 16
    parameter MANTISSAS     = 4096,  // inputs of a block product, a power of two, at most 65,536
    parameter CONTEXT       = 1024,  // tokens that attention sees, a power of two, at most 32,768
    parameter BATCH         = 1      // vectors that share the weights: 1, 2, 4, 8
) (
    input  wire                clk,
    input  wire                rst,
    output wire                irq,
    // Host
    input  wire [         8:0] s_axil_awaddr,
    input  wire                s_axil_awvalid,
    output wire                s_axil_awready,
    input  wire [        31:0] s_axil_wdata,
    input  wire [         3:0] s_axil_wstrb,
    input  wire                s_axil_wvalid,
    output wire                s_axil_wready,
    output wire [         1:0] s_axil_bresp,
    output wire                s_axil_bvalid,
    input  wire                s_axil_bready,
    input  wire [         8:0] s_axil_araddr,
    input  wire                s_axil_arvalid,
    output wire                s_axil_arready,
    output wire [        31:0] s_axil_rdata,
    output wire [         1:0] s_axil_rresp,
    output wire                s_axil_rvalid,
    input  wire                s_axil_rready,
    // Memory
    output wire [    ADDR-1:0] m_axi_araddr,
    output wire [         7:0] m_axi_arlen,
    output wire [         2:0] m_axi_arsize,
    output wire [         1:0] m_axi_arburst,
    output wire                m_axi_arvalid,
    input  wire                m_axi_arready,
    input  wire [  8*BEAT-1:0] m_axi_rdata,
    input  wire [         1:0] m_axi_rresp,
    input  wire                m_axi_rlast,
    input  wire                m_axi_rvalid,
    output wire                m_axi_rready,
    // Memory, caches: used where MULTIPLIERS is not 0
    output wire [    ADDR-1:0] m_axi_awaddr,
    output wire [         7:0] m_axi_awlen,
    output wire [         2:0] m_axi_awsize,
    output wire [         1:0] m_axi_awburst,
    output wire                m_axi_awvalid,
    input  wire                m_axi_awready,
    output wire [  8*BEAT-1:0] m_axi_wdata,
    output wire [    BEAT-1:0] m_axi_wstrb,
    output wire                m_axi_wlast,
    output wire                m_axi_wvalid,
    input  wire                m_axi_wready,
    input  wire [         1:0] m_axi_bresp,
    input  wire                m_axi_bvalid,
    output wire                m_axi_bready,
    // Logits, LANES a word of each vector
    output wire [32*LANES*BATCH-1:0] m_axis_logits_tdata,
    output wire [   LANES-1:0] m_axis_logits_tkeep,
    output wire                m_axis_logits_tlast,
    output wire                m_axis_logits_tvalid,
    input  wire                m_axis_logits_tready
);

  localparam TRITS = BASE3 != 0 ? 5 : 4;
  localparam BLOCKS = MULTIPLIERS != 0 ? 1 : 0;
  localparam EVENTS = 11 + BLOCKS;  // of the datapath

  // Commands and status

  wire load;
  wire start;
  wire resume;
  wire stop;
  wire [63:0] base;
  wire [20*BATCH-1:0] tokens;
  wire [BATCH-1:0] mask;
  wire turns;
  wire [2:0] home;
  wire [15:0] position;
  wire break_enable;
  wire [15:0] break_addr;
  wire stream_logits;
  wire running;
  wire loaded;
  wire loading;
  wire flush;
  wire at_break;
  wire done;
  wire [2:0] boot_error;
  wire fetch_error;
  wire bad_opcode;
  wire [15:0] program_counter;
  wire unit_rst = rst || flush;
  wire write_busy;
  wire write_error;
  wire bus_error = (fetch_error || write_error) && !flush && !load;

  // Image

  wire boot_valid;
  wire boot_granted;
  wire [31:0] boot_offset;
  wire [31:0] boot_beats;
  wire boot_beat_valid;
  wire boot_beat_take;
  wire [2:0] row_slice;
  wire row_request;
  wire row_granted;
  wire row_valid;
  wire row_take;
  wire row_own;
  wire [31:0] row_own_addr;
  wire [31:0] row_own_beats;
  wire put_valid;
  wire put_ready;
  wire [31:0] put_addr;
  wire [8*BEAT-1:0] put_data;
  wire [8*BEAT-1:0] arrived_beat;
  wire stream_valid;
  wire stream_take;
  wire [8*BEAT-1:0] stream_beat;
  wire quiet;
  wire fetch_quiet;
  assign quiet = fetch_quiet && !write_busy;
  wire program_write;
  wire [$clog2(PROGRAM_WORDS)-1:0] program_addr;
  wire [127:0] program_data;
  wire table_write;
  wire [8:0] table_addr;
  wire [26:0] table_data;
  wire [31:0] rows_offset;
  wire [15:0] row_beats;
  wire [19:0] row_count;
  wire [31:0] stream_offset;
  wire [31:0] stream_beats;
  wire [19:0] logit_count;

  // Units

  wire [127:8] instruction;
  wire vector_valid;
  wire vector_turns;
  wire vector_again;
  wire [2:0] vector_turn;
  wire vector_ready;
  wire vector_idle;
  wire scalar_valid;
  wire scalar_ready;
  wire scalar_idle;
  wire matrix_valid;
  wire matrix_ready;
  wire matrix_idle;
  wire load_valid;
  wire load_ready;
  wire load_idle;
  wire block_valid;
  wire block_set;
  wire block_idle;
  wire [19:0] matrix_groups;
  wire [3:0] codes_in_use;
  wire codes_begin;
  wire order_valid;
  wire order_ready;
  wire order_matrix;
  wire sequence_waiting;
  wire resting;
  wire settled = at_break && resting;
  wire [EVENTS-1:0] events;

  wire window_read;
  wire window_space;
  wire [15:0] window_addr;
  wire [$clog2(LANES)-1:0] window_lane;
  wire [2:0] window_slice;
  wire [LANES*BATCH-1:0] window_write;
  wire [31:0] window_data;
  wire [31:0] window_value;
  wire host_scalar_read;
  wire [4:0] host_scalar_addr;
  wire [28*BATCH-1:0] host_scalar_value;
  wire largest_done;
  wire [20*BATCH-1:0] largest_index;
  wire [32*BATCH-1:0] largest;

  sterna_host #(
      .BEAT(BEAT),
      .TRITS(TRITS),
      .ROWS(ROWS),
      .LANES(LANES),
      .PROGRAM_WORDS(PROGRAM_WORDS),
      .VECTOR_WORDS(VECTOR_WORDS),
      .STATE_WORDS(STATE_WORDS),
      .CONST_WORDS(CONST_WORDS),
      .CODE_WORDS(CODE_WORDS),
      .MULTIPLIERS(MULTIPLIERS),
      .MANTISSAS(BLOCKS * MANTISSAS),
      .CONTEXT(BLOCKS * CONTEXT),
      .COUNTERS(EVENTS + 2),
      .BATCH(BATCH)
  ) host (
      .clk(clk),
      .rst(rst),
      .s_axil_awaddr(s_axil_awaddr),
      .s_axil_awvalid(s_axil_awvalid),
      .s_axil_awready(s_axil_awready),
      .s_axil_wdata(s_axil_wdata),
      .s_axil_wstrb(s_axil_wstrb),
      .s_axil_wvalid(s_axil_wvalid),
      .s_axil_wready(s_axil_wready),
      .s_axil_bresp(s_axil_bresp),
      .s_axil_bvalid(s_axil_bvalid),
      .s_axil_bready(s_axil_bready),
      .s_axil_araddr(s_axil_araddr),
      .s_axil_arvalid(s_axil_arvalid),
      .s_axil_arready(s_axil_arready),
      .s_axil_rdata(s_axil_rdata),
      .s_axil_rresp(s_axil_rresp),
      .s_axil_rvalid(s_axil_rvalid),
      .s_axil_rready(s_axil_rready),
      .irq(irq),
      .load(load),
      .start(start),
      .resume(resume),
      .stop(stop),
      .base(base),
      .tokens(tokens),
      .mask(mask),
      .turns(turns),
      .home(home),
      .position(position),
      .break_enable(break_enable),
      .break_addr(break_addr),
      .stream_logits(stream_logits),
      .running(running),
      .loaded(loaded),
      .loading(loading),
      .settled(settled),
      .done(done),
      .boot_error(boot_error),
      .bus_error(bus_error),
      .bad_opcode(bad_opcode),
      .vocabulary(row_count),
      .logit_count(logit_count),
      .program_counter(program_counter),
      .largest_done(largest_done),
      .largest_index(largest_index),
      .largest(largest),
      .window_read(window_read),
      .window_space(window_space),
      .window_addr(window_addr),
      .window_lane(window_lane),
      .window_slice(window_slice),
      .window_write(window_write),
      .window_data(window_data),
      .window_value(window_value),
      .scalar_read(host_scalar_read),
      .scalar_addr(host_scalar_addr),
      .scalar_value(host_scalar_value),
      .events({events & {EVENTS{running}}, sequence_waiting, running})
  );

  sterna_boot #(
      .BEAT(BEAT),
      .TRITS(TRITS),
      .ROWS(ROWS),
      .LANES(LANES),
      .PROGRAM_WORDS(PROGRAM_WORDS),
      .VECTOR_WORDS(VECTOR_WORDS),
      .STATE_WORDS(STATE_WORDS),
      .CONST_WORDS(CONST_WORDS),
      .CODE_WORDS(CODE_WORDS),
      .BLOCKS(BLOCKS),
      .MANTISSAS(MANTISSAS),
      .CONTEXT(CONTEXT)
  ) boot (
      .clk(clk),
      .rst(rst),
      .load(load),
      .unload(stop),
      .loading(loading),
      .loaded(loaded),
      .error(boot_error),
      .flush(flush),
      .quiet(quiet),
      .bus_error(bus_error),
      .read_valid(boot_valid),
      .read_granted(boot_granted),
      .read_offset(boot_offset),
      .read_beats(boot_beats),
      .beat_valid(boot_beat_valid),
      .beat_take(boot_beat_take),
      .beat(arrived_beat),
      .program_write(program_write),
      .program_addr(program_addr),
      .program_data(program_data),
      .table_write(table_write),
      .table_addr(table_addr),
      .table_data(table_data),
      .row_offset(rows_offset),
      .row_beats(row_beats),
      .row_count(row_count),
      .stream_offset(stream_offset),
      .stream_beats(stream_beats),
      .logit_count(logit_count)
  );

  // A token's row: known two cycles behind row_slice.
  wire [159:0] all_tokens = {{160 - 20 * BATCH{1'b0}}, tokens};
  wire [19:0] token = BATCH == 1 ? tokens[19:0] : all_tokens[20*row_slice+:20];
  reg [31:0] row_place;
  reg [31:0] row_offset;
  always @(posedge clk) begin
    row_place  <= token * row_beats;
    row_offset <= rows_offset + row_place;
  end

  sterna_fetch #(
      .ADDR(ADDR),
      .BEAT(BEAT),
      .FIFO_BEATS(FIFO_BEATS)
  ) fetch (
      .clk(clk),
      .rst(rst),
      .flush(flush),
      .quiet(fetch_quiet),
      .error(fetch_error),
      .base(base[ADDR-1:0]),
      .boot_valid(boot_valid),
      .boot_granted(boot_granted),
      .boot_offset(boot_offset),
      .boot_beats(boot_beats),
      .boot_beat_valid(boot_beat_valid),
      .boot_beat_take(boot_beat_take),
      .row_valid(row_request),
      .row_granted(row_granted),
      .row_offset(row_own ? row_own_addr : row_offset),
      .row_beats(row_own ? row_own_beats : {16'd0, row_beats}),
      .row_beat_valid(row_valid),
      .row_beat_take(row_take),
      .arrived_beat(arrived_beat),
      .stream_enable(loaded),
      .stream_offset(stream_offset),
      .stream_beats(stream_beats),
      .stream_valid(stream_valid),
      .stream_take(stream_take),
      .stream_beat(stream_beat),
      .m_axi_araddr(m_axi_araddr),
      .m_axi_arlen(m_axi_arlen),
      .m_axi_arsize(m_axi_arsize),
      .m_axi_arburst(m_axi_arburst),
      .m_axi_arvalid(m_axi_arvalid),
      .m_axi_arready(m_axi_arready),
      .m_axi_rdata(m_axi_rdata),
      .m_axi_rresp(m_axi_rresp),
      .m_axi_rlast(m_axi_rlast),
      .m_axi_rvalid(m_axi_rvalid),
      .m_axi_rready(m_axi_rready)
  );

  sterna_sequence #(
      .WORDS(PROGRAM_WORDS),
      .ROWS (ROWS),
      .BLOCKS(BLOCKS),
      .BATCH(BATCH)
  ) sequence_unit (
      .clk(clk),
      .rst(unit_rst),
      .program_write(program_write),
      .program_addr(program_addr),
      .program_data(program_data),
      .start(start),
      .stop(stop),
      .resume(resume),
      .break_enable(break_enable),
      .break_addr(break_addr),
      .turns(turns),
      .mask(mask),
      .running(running),
      .at_break(at_break),
      .done(done),
      .bad_opcode(bad_opcode),
      .program_counter(program_counter),
      .waiting(sequence_waiting),
      .instruction(instruction),
      .vector_idle(vector_idle),
      .scalar_idle(scalar_idle),
      .matrix_idle(matrix_idle),
      .load_idle(load_idle),
      .block_busy(!block_idle),
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

  wire logits_valid;

  assign m_axis_logits_tvalid = logits_valid && stream_logits;

  sterna_datapath #(
      .BEAT(BEAT),
      .BASE3(BASE3),
      .ROWS(ROWS),
      .LANES(LANES),
      .VECTOR_WORDS(VECTOR_WORDS),
      .STATE_WORDS(STATE_WORDS),
      .CONST_WORDS(CONST_WORDS),
      .CODE_WORDS(CODE_WORDS),
      .MULTIPLIERS(MULTIPLIERS),
      .MANTISSAS(MANTISSAS),
      .CONTEXT(CONTEXT),
      .EVENTS(EVENTS),
      .BATCH(BATCH)
  ) datapath (
      .clk(clk),
      .rst(unit_rst),
      .instruction(instruction),
      .vector_valid(vector_valid),
      .vector_turns(vector_turns),
      .vector_again(vector_again),
      .vector_turn(vector_turn),
      .mask(mask),
      .home(home),
      .vector_ready(vector_ready),
      .vector_idle(vector_idle),
      .scalar_valid(scalar_valid),
      .scalar_ready(scalar_ready),
      .scalar_idle(scalar_idle),
      .matrix_valid(matrix_valid),
      .matrix_ready(matrix_ready),
      .matrix_idle(matrix_idle),
      .matrix_groups(matrix_groups),
      .load_valid(load_valid),
      .load_ready(load_ready),
      .load_idle(load_idle),
      .codes_in_use(codes_in_use),
      .codes_begin(codes_begin),
      .order_valid(order_valid),
      .order_ready(order_ready),
      .order_matrix(order_matrix),
      .resting(resting),
      .block_valid(block_valid),
      .block_set(block_set),
      .block_idle(block_idle),
      .position(position),
      .stream_valid(stream_valid),
      .stream_take(stream_take),
      .stream_beat(stream_beat),
      .row_slice(row_slice),
      .row_request(row_request),
      .row_granted(row_granted),
      .row_valid(row_valid),
      .row_take(row_take),
      .row_beat(arrived_beat),
      .row_own(row_own),
      .row_own_addr(row_own_addr),
      .row_own_beats(row_own_beats),
      .put_valid(put_valid),
      .put_ready(put_ready),
      .put_addr(put_addr),
      .put_data(put_data),
      .put_busy(write_busy),
      .table_write(table_write),
      .table_addr(table_addr),
      .table_data(table_data),
      .logits_valid(logits_valid),
      .logits_ready(m_axis_logits_tready || !stream_logits),
      .logits_data(m_axis_logits_tdata),
      .logits_keep(m_axis_logits_tkeep),
      .logits_last(m_axis_logits_tlast),
      .largest_done(largest_done),
      .largest_index(largest_index),
      .largest(largest),
      .window_read(window_read),
      .window_space(window_space),
      .window_addr(window_addr),
      .window_lane(window_lane),
      .window_slice(window_slice),
      .window_write(window_write),
      .window_data(window_data),
      .window_value(window_value),
      .scalar_read(host_scalar_read),
      .scalar_addr(host_scalar_addr),
      .scalar_value(host_scalar_value),
      .events(events)
  );

  // Records of caches: places are in beats from the image's base.

  generate
    if (BLOCKS != 0) begin : with_writes
      localparam SIZE = $clog2(BEAT);
      localparam PLACE = ADDR - SIZE;
      wire [PLACE+31:0] place = {{PLACE{1'b0}}, put_addr};

      sterna_axi_write #(
          .ADDR(ADDR),
          .BEAT(BEAT)
      ) writer (
          .clk(clk),
          .rst(rst),
          .clear(flush),
          .busy(write_busy),
          .error(write_error),
          .in_valid(put_valid && !flush),
          .in_ready(put_ready),
          .in_addr(base[ADDR-1:SIZE] + place[PLACE-1:0]),
          .in_data(put_data),
          .m_axi_awaddr(m_axi_awaddr),
          .m_axi_awlen(m_axi_awlen),
          .m_axi_awsize(m_axi_awsize),
          .m_axi_awburst(m_axi_awburst),
          .m_axi_awvalid(m_axi_awvalid),
          .m_axi_awready(m_axi_awready),
          .m_axi_wdata(m_axi_wdata),
          .m_axi_wstrb(m_axi_wstrb),
          .m_axi_wlast(m_axi_wlast),
          .m_axi_wvalid(m_axi_wvalid),
          .m_axi_wready(m_axi_wready),
          .m_axi_bresp(m_axi_bresp),
          .m_axi_bvalid(m_axi_bvalid),
          .m_axi_bready(m_axi_bready)
      );

      wire unused_place = &{1'b0, place};
    end else begin : without_writes
      assign write_busy = 1'b0;
      assign write_error = 1'b0;
      assign put_ready = 1'b0;
      assign m_axi_awaddr = {ADDR{1'b0}};
      assign m_axi_awlen = 8'd0;
      assign m_axi_awsize = 3'd0;
      assign m_axi_awburst = 2'd0;
      assign m_axi_awvalid = 1'b0;
      assign m_axi_wdata = {8 * BEAT{1'b0}};
      assign m_axi_wstrb = {BEAT{1'b0}};
      assign m_axi_wlast = 1'b0;
      assign m_axi_wvalid = 1'b0;
      assign m_axi_bready = 1'b0;
      wire unused_ports = &{1'b0, m_axi_awready, m_axi_wready, m_axi_bresp, m_axi_bvalid, put_valid,
                            put_addr, put_data};
    end
  endgenerate

  wire unused = &{1'b0, base, all_tokens, row_slice};

endmodule

`default_nettype wire
