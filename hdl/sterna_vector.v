// Vector unit: runs one pass after the other over the words of the vector memory, a word of LANES
// elements a cycle. This is its control; the arithmetic is in sterna_vector_lane, LANES times in
// each of BATCH slices, which are in step.
//
//   queue --> [ fetched, with its scalar ] --> [ running: word counter ] --> lanes, 15 cycles
//
// Instructions: see src/verilog/ISA.md. A pass with `chain` starts right behind the last one,
// others wait until the pipeline is empty. A pass with `follow` issues word w when the matrix
// unit's counter of its token is above `s` + w. The pipeline stands still in cycles in which the
// matrix unit writes a result, as both share the write port.
// A pass in turns is issued once for each slice: it reads and writes the state of the slice home,
// and what else it writes is that of in_turn alone. in_again says that it follows on one of its
// own, of which it reads the state. Other passes write the states of the slices in mask.
// Latency: a word is read in cycle 0 and written at the end of cycle 15. Throughput: a word a
// cycle.
// maximum and sum are valid while idle is high.
// The host may read (host_read, the value four cycles later) and write state while idle is high.
`default_nettype none

module sterna_vector #(
    parameter LANES        = 8,     // lanes, a power of two, 2 or more
    parameter VECTOR_WORDS = 4096,  // words of the vector memory, a power of two
    parameter STATE_WORDS  = 2048,  // words of the state memory, a power of two
    parameter CONST_ROWS   = 1024,  // words of a bank of the constant memory, a power of two
    parameter CONST_BANKS  = 2,     // banks of the constant memory, a power of two, at most 8
    parameter BATCH        = 1      // slices, a power of two, at most 8
) (
    input  wire                              clk,
    input  wire                              rst,
    // Instructions
    input  wire                              in_valid,
    output wire                              in_ready,
    input  wire [                     127:8] in_instruction,
    input  wire                              in_turns,
    input  wire                              in_again,
    input  wire [                       2:0] in_turn,
    output wire                              idle,
    // What a token or some tokens do with states
    input  wire [                 BATCH-1:0] mask,
    input  wire [                       2:0] home,
    // Scalar registers by slice: the value one cycle after the read
    output wire                              scalar_read,
    output wire [                       4:0] scalar_addr,
    input  wire [              16*BATCH-1:0] scalar_m,
    input  wire [              12*BATCH-1:0] scalar_e,
    // Words that the matrix unit has written, by token
    input  wire [                     119:0] progress,
    // Results of the matrix unit, by slice, then lane
    input  wire                              drain_write,
    input  wire [  $clog2(VECTOR_WORDS)-1:0] drain_addr,
    input  wire [        32*LANES*BATCH-1:0] drain_data,
    // The block unit on the first slice, while this one is idle and the matrix unit writes nothing
    input  wire                              block_read,
    input  wire [                 LANES-1:0] block_write,  // by lane
    input  wire [  $clog2(VECTOR_WORDS)-1:0] block_addr,
    input  wire [                      31:0] block_value,
    output wire [              32*LANES-1:0] block_data,
    // Codes, by slice, then lane
    output wire                              code_write,
    output wire [                       1:0] code_buffer,
    output wire [                      14:0] code_addr,
    output wire [         8*LANES*BATCH-1:0] code_data,
    // What was collected, by slice
    input  wire                              clear_maximum,
    input  wire                              clear_sum,
    output wire [              30*BATCH-1:0] maximum,
    output wire [              48*BATCH-1:0] sum,
    // Constants: bank b of lane l has bit b LANES + l, and 16 bits of data each; for which slices
    input  wire [                 BATCH-1:0] const_slices,
    input  wire [     CONST_BANKS*LANES-1:0] const_write,
    input  wire [    $clog2(CONST_ROWS)-1:0] const_addr,
    input  wire [  16*CONST_BANKS*LANES-1:0] const_data,
    // Sigmoid table
    input  wire                              table_write,
    input  wire [                       8:0] table_addr,
    input  wire [                      26:0] table_data,
    // Host
    input  wire                              host_read,
    input  wire                              host_space,   // 0: vectors, 1: state
    input  wire [                      15:0] host_addr,    // a word
    input  wire [         $clog2(LANES)-1:0] host_lane,
    input  wire [                       2:0] host_slice,
    input  wire [           LANES*BATCH-1:0] host_write_s,
    input  wire [                      31:0] host_data,
    output reg  [                      31:0] host_value,
    // Counted by the host
    output wire                              busy,
    output wire                              waiting,
    output wire                              held
);

  localparam VA = $clog2(VECTOR_WORDS);
  localparam SA = $clog2(STATE_WORDS);
  localparam CA = $clog2(CONST_ROWS);
  localparam BA = $clog2(CONST_BANKS);
  localparam LEVELS = $clog2(LANES);

  initial begin
    if (LANES < 2 || (1 << LEVELS) != LANES || (1 << VA) != VECTOR_WORDS || VA > 15 ||
        (1 << SA) != STATE_WORDS || SA > 16 || (1 << CA) != CONST_ROWS ||
        (1 << BA) != CONST_BANKS || BA > 3 || CA + BA > 15 || BATCH > 8 ||
        (1 << $clog2(BATCH)) != BATCH) begin
      $display("Cannot build sterna_vector: LANES %0d, words %0d, %0d, %0d x %0d, BATCH %0d",
               LANES, VECTOR_WORDS, STATE_WORDS, CONST_BANKS, CONST_ROWS, BATCH);
      $finish;
    end
  end

  wire en = !drain_write;

  // Fetched

  localparam TURN = BATCH > 1 ? 5 : 0;  // bits that an instruction has for turns

  wire queue_valid;
  wire [120+TURN-1:0] queue_data;
  wire [127:8] queue_instruction = queue_data[119:0];
  reg fetched_valid;
  reg [127:8] fetched;

  wire start;
  wire fetch = queue_valid && (!fetched_valid || start);

  wire [124:0] in_data = {in_turns, in_again, in_turn, in_instruction};

  sterna_queue #(
      .WIDTH(120 + TURN),
      .DEPTH(4)
  ) queue (
      .clk(clk),
      .rst(rst),
      .in_valid(in_valid),
      .in_ready(in_ready),
      .in_data(in_data[120+TURN-1:0]),
      .out_valid(queue_valid),
      .out_ready(fetch),
      .out_data(queue_data)
  );

  assign scalar_read = fetch;
  assign scalar_addr = queue_instruction[26:22];

  always @(posedge clk) begin
    if (fetch) fetched <= queue_instruction;
    if (fetch) fetched_valid <= 1'b1;
    else if (start) fetched_valid <= 1'b0;
    if (rst) fetched_valid <= 1'b0;
  end

  wire [2:0] next_x = fetched[10:8];
  wire [2:0] next_y = fetched[13:11];
  wire [5:0] next_shift = fetched[21:16];
  wire next_again;
  // A turn reads the state that the last one wrote, a word at a time.
  wire next_chain = next_again ? fetched[49:37] >= 13'd17 : fetched[35];
  wire next_both = fetched[30] && fetched[31];  // writes a vector and a state
  wire next_codes = fetched[32];

  // Running

  reg running;
  reg [2:0] x;
  reg [2:0] y;
  reg [1:0] z;
  reg [5:0] sigma_k;
  reg write_v;
  reg write_s;
  reg write_c;
  reg with_maximum;
  reg with_sum;
  reg follow;
  reg [2:0] token;
  reg [12:0] left;  // words after this one
  reg [14:0] addr_a;
  reg [14:0] addr_b;
  reg [14:0] addr_c;
  reg [15:0] addr_s;
  reg [15:0] addr_d;
  reg [15:0] addr_w;  // the state's or the codes' address of the result

  reg [15:1] valid;  // by cycle

  wire [14:0] written = progress[15*token+:15];
  wire allowed = !follow || {1'b0, written} > addr_s;
  wire issue = running && allowed && en;
  wire last = issue && left == 13'd0;

  assign start = fetched_valid && (next_chain ? !running || last : !running && valid == 15'd0);
  assign busy = issue;
  assign waiting = running && !allowed && en;
  assign held = !en && (running || valid != 15'd0);

  always @(posedge clk) begin
    if (issue) begin
      left   <= left - 13'd1;
      addr_a <= addr_a + 15'd1;
      addr_b <= addr_b + 15'd1;
      addr_c <= addr_c + 15'd1;
      addr_s <= addr_s + 16'd1;
      addr_d <= addr_d + 16'd1;
      addr_w <= addr_w + 16'd1;
    end
    if (start) begin
      x <= next_x;
      y <= next_y;
      z <= fetched[15:14];
      sigma_k <= next_shift;
      token <= fetched[29:27];
      write_v <= fetched[30];
      write_s <= fetched[31];
      write_c <= next_codes;
      with_maximum <= fetched[33];
      with_sum <= fetched[34];
      follow <= fetched[36];
      left <= fetched[49:37] - 13'd1;
      addr_a <= fetched[64:50];
      addr_b <= fetched[79:65];
      addr_c <= fetched[94:80];
      addr_s <= fetched[110:95];
      addr_d <= fetched[126:111];
      addr_w <= next_codes ? {1'b0, fetched[79:65]} :
                next_both ? fetched[110:95] : fetched[126:111];
    end
    if (start) running <= 1'b1;
    else if (last) running <= 1'b0;
    if (en) valid <= {valid[14:1], issue};
    if (rst) begin
      running <= 1'b0;
      valid   <= 15'd0;
    end
  end

  // What travels with a word, as far as it is needed

  reg [6:0] k_1;
  reg [46*6-1:0] to_6;
  reg [8*7-1:0] to_7;
  reg [3*8-1:0] to_8;
  reg [14:1] to_14;
  reg [39*15-1:0] to_15;
  reg [2:0] bank_7;

  wire [14:0] addr_b_6 = to_6[46*5+31+:15];
  wire [14:0] addr_c_6 = to_6[46*5+16+:15];
  wire [15:0] addr_s_6 = to_6[46*5+:16];
  wire [14:0] code_addr_15 = to_15[39*14+16+:15];
  wire [15:0] addr_d_15 = to_15[39*14+:16];
  wire [15:0] addr_w_15 = to_15[39*14+16+:16];
  wire [6:0] flags_15 = to_15[39*14+32+:7];

  localparam [2:0] BANK_MASK = CONST_BANKS[2:0] - 3'd1;

  always @(posedge clk) begin
    if (en) begin
      k_1 <= {sigma_k[5], sigma_k};
      bank_7 <= addr_c_6[2:0] & BANK_MASK;
      to_6 <= {to_6[46*5-1:0], addr_b, addr_c, addr_s};
      to_7 <= {to_7[8*6-1:0], x, y, z};
      to_8 <= {to_8[3*7-1:0], y == 3'd2, y == 3'd6, x == 3'd4 || x == 3'd5};
      to_14 <= {to_14[13:1], x == 3'd4};
      to_15 <= {
        to_15[39*14-1:0],
        token[1:0],
        with_sum,
        with_maximum,
        write_c,
        write_s,
        write_v,
        addr_w,
        addr_d
      };
    end
  end

  wire write_v_15 = valid[15] && flags_15[0];
  wire write_s_15 = valid[15] && flags_15[1];
  wire maximum_15 = valid[15] && flags_15[3];
  wire sum_15 = valid[15] && flags_15[4];

  assign code_write  = valid[15] && flags_15[2] && en;
  assign code_buffer = flags_15[6:5];
  assign code_addr   = code_addr_15;

  // Turns

  wire turns_7;
  wire turns_15;
  wire [2:0] turn_15;

  generate
    if (BATCH > 1) begin : with_turns
      reg [4:0] fetched_turn;
      reg [3:0] turn;
      reg [4*15-1:0] to_15_turn;
      assign next_again = fetched_turn[3];
      assign turns_7 = to_15_turn[4*6+3];
      assign turns_15 = to_15_turn[4*14+3];
      assign turn_15 = to_15_turn[4*14+:3];
      always @(posedge clk) begin
        if (fetch) fetched_turn <= queue_data[120+:5];
        if (start) turn <= {fetched_turn[4], fetched_turn[2:0]};
        if (en) to_15_turn <= {to_15_turn[4*14-1:0], turn};
      end
    end else begin : without_turns
      assign next_again = 1'b0;
      assign turns_7 = 1'b0;
      assign turns_15 = 1'b0;
      assign turn_15 = 3'd0;
    end
  endgenerate

  // Slices

  wire host_read_v = host_read && !host_space;
  wire host_read_s = host_read && host_space;
  wire [VA-1:0] read_addr_a = block_read ? block_addr : host_read_v ? host_addr[VA-1:0] :
                              addr_a[VA-1:0];
  wire [SA-1:0] read_addr_s = host_read_s ? host_addr[SA-1:0] : addr_s_6[SA-1:0];
  wire [32*LANES*BATCH-1:0] read_a;
  wire [32*LANES*BATCH-1:0] read_s;
  wire [32*LANES*BATCH-1:0] results;
  wire [32*LANES-1:0] state_7;
  wire [32*LANES-1:0] state_15;

  genvar l;
  genvar b;
  generate
    for (l = 0; l < LANES; l = l + 1) begin : handed
      if (BATCH > 1) begin : chosen
        wire [31:0] home_place = {29'd0, home} * LANES + l;
        wire [31:0] turn_place = {29'd0, turn_15} * LANES + l;
        assign state_7[32*l+:32]  = read_s[32*home_place+:32];
        assign state_15[32*l+:32] = results[32*turn_place+:32];
      end else begin : own
        assign state_7[32*l+:32]  = 32'd0;
        assign state_15[32*l+:32] = 32'd0;
      end
    end

    for (b = 0; b < BATCH; b = b + 1) begin : slice
      localparam [2:0] HERE = b;
      wire mine_15 = BATCH == 1 || !turns_15 || turn_15 == HERE;
      wire keeps_15 = BATCH == 1 || (turns_15 ? home == HERE : mask[b]);

      sterna_vector_slice #(
          .LANES(LANES),
          .VECTOR_WORDS(VECTOR_WORDS),
          .STATE_WORDS(STATE_WORDS),
          .CONST_ROWS(CONST_ROWS),
          .CONST_BANKS(CONST_BANKS),
          .SHARED(BATCH > 1 ? 1 : 0)
      ) part (
          .clk(clk),
          .rst(rst),
          .en(en),
          .start(start),
          .start_narrow(next_x[0]),
          .start_y(next_y),
          .start_shift(next_shift),
          .start_power(fetched[26:22]),
          .scalar_m(scalar_m[16*b+:16]),
          .scalar_e(scalar_e[12*b+:12]),
          .read_a_0(issue || host_read_v || block_read),
          .addr_a_0(read_addr_a),
          .sigma_k_1(k_1),
          .read_6(valid[6] || host_read_s),
          .addr_b_6(addr_b_6[VA-1:0]),
          .addr_s_6(read_addr_s),
          .addr_c_6(addr_c_6[CA+BA-1:BA]),
          .bank_7(bank_7),
          .x_7(to_7[8*6+5+:3]),
          .y_7(to_7[8*6+2+:3]),
          .z_7(to_7[8*6+:2]),
          .in_turns_7(turns_7),
          .state_7(state_7),
          .y_sigma_8(to_8[3*7+2]),
          .y_x_8(to_8[3*7+1]),
          .align_8_on(to_8[3*7]),
          .signed_14(to_14[14]),
          .write_v_15(write_v_15 && mine_15),
          .addr_v_15(addr_d_15[VA-1:0]),
          .write_s_15(write_s_15 && keeps_15),
          .addr_w_15(addr_w_15[SA-1:0]),
          .in_turns_15(turns_15),
          .state_15(state_15),
          .maximum_15(maximum_15 && mine_15),
          .sum_15(sum_15 && mine_15),
          .code_15(code_data[8*LANES*b+:8*LANES]),
          .result_15(results[32*LANES*b+:32*LANES]),
          .clear_maximum(clear_maximum),
          .clear_sum(clear_sum),
          .maximum(maximum[30*b+:30]),
          .sum(sum[48*b+:48]),
          .drain_write(drain_write),
          .drain_addr(drain_addr),
          .drain_data(drain_data[32*LANES*b+:32*LANES]),
          .block_write(b == 0 ? block_write : {LANES{1'b0}}),
          .block_addr(block_addr),
          .block_value(block_value),
          .const_write(BATCH == 1 || const_slices[b] ? const_write :
                       {CONST_BANKS * LANES{1'b0}}),
          .const_addr(const_addr),
          .const_data(const_data),
          .table_write(table_write),
          .table_addr(table_addr),
          .table_data(table_data),
          .host_write_s(host_write_s[LANES*b+:LANES]),
          .host_addr(host_addr[SA-1:0]),
          .host_data(host_data),
          .read_a_1(read_a[32*LANES*b+:32*LANES]),
          .read_s_7(read_s[32*LANES*b+:32*LANES])
      );
    end
  endgenerate

  assign block_data = read_a[32*LANES-1:0];

  reg [3:0] settling;  // cycles until the tree shows what was collected

  always @(posedge clk) begin
    if (maximum_15 || sum_15) settling <= LEVELS[3:0] + 4'd1;
    else if (settling != 4'd0) settling <= settling - 4'd1;
    if (rst) settling <= 4'd0;
  end

  assign idle = !queue_valid && !fetched_valid && !running && valid == 15'd0 && settling == 4'd0;

  // Host

  wire [LEVELS+2:0] host_place = {BATCH > 1 ? host_slice : 3'd0, host_lane};
  reg [2:0] host_reading;
  reg host_reads_state;

  always @(posedge clk) begin
    host_reading <= {host_reading[1:0], host_read};
    if (host_read) host_reads_state <= host_space;
    if (host_reading[0] || host_reading[1]) begin
      host_value <= host_reads_state ? read_s[32*host_place+:32] : read_a[32*host_place+:32];
    end
  end

  wire unused = &{
    1'b0, fetched[127], host_reading[2], host_addr, addr_a, addr_b_6, addr_c_6, addr_s_6, addr_d_15,
    addr_w_15, in_data, mask, home, const_slices, host_slice, turn_15, turns_7, results
  };

endmodule

`default_nettype wire
