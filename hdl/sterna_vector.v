// Vector unit: runs one pass after the other over the words of the vector memory, a word of LANES
// elements a cycle. This is its control; the arithmetic is in sterna_vector_lane, LANES times.
//
//   queue --> [ fetched, with its scalar ] --> [ running: word counter ] --> lanes, 15 cycles
//
// Instructions: see src/verilog/ISA.md. A pass with `chain` starts right behind the last one,
// others wait until the pipeline is empty. A pass with `follow` issues word w when the matrix
// unit's counter of its token is above `s` + w. The pipeline stands still in cycles in which the
// matrix unit writes a result, as both share the write port.
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
    parameter CONST_BANKS  = 2      // banks of the constant memory, a power of two, at most 8
) (
    input  wire                              clk,
    input  wire                              rst,
    // Instructions
    input  wire                              in_valid,
    output wire                              in_ready,
    input  wire [                     127:8] in_instruction,
    output wire                              idle,
    // Scalar registers: the value one cycle after the read
    output wire                              scalar_read,
    output wire [                       4:0] scalar_addr,
    input  wire [                      15:0] scalar_m,
    input  wire [                      11:0] scalar_e,
    // Words that the matrix unit has written, by token
    input  wire [                     119:0] progress,
    // Results of the matrix unit
    input  wire                              drain_write,
    input  wire [  $clog2(VECTOR_WORDS)-1:0] drain_addr,
    input  wire [              32*LANES-1:0] drain_data,
    // The block unit, while this one is idle and the matrix unit writes nothing
    input  wire                              block_read,
    input  wire [                 LANES-1:0] block_write,  // by lane
    input  wire [  $clog2(VECTOR_WORDS)-1:0] block_addr,
    input  wire [                      31:0] block_value,
    output wire [              32*LANES-1:0] block_data,
    // Codes
    output wire                              code_write,
    output wire [                       1:0] code_buffer,
    output wire [                      14:0] code_addr,
    output wire [               8*LANES-1:0] code_data,
    // What was collected
    input  wire                              clear_maximum,
    input  wire                              clear_sum,
    output wire [                      29:0] maximum,
    output wire [                      47:0] sum,
    // Constants: bank b of lane l has bit b LANES + l, and 16 bits of data each
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
    input  wire [                 LANES-1:0] host_write_s,
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
        (1 << BA) != CONST_BANKS || BA > 3 || CA + BA > 15) begin
      $display("Cannot build sterna_vector: LANES %0d, words %0d, %0d, %0d x %0d", LANES,
               VECTOR_WORDS, STATE_WORDS, CONST_BANKS, CONST_ROWS);
      $finish;
    end
  end

  wire en = !drain_write;

  // Fetched

  wire queue_valid;
  wire [127:8] queue_instruction;
  reg fetched_valid;
  reg [127:8] fetched;

  wire start;
  wire fetch = queue_valid && (!fetched_valid || start);

  sterna_queue #(
      .WIDTH(120),
      .DEPTH(4)
  ) queue (
      .clk(clk),
      .rst(rst),
      .in_valid(in_valid),
      .in_ready(in_ready),
      .in_data(in_instruction),
      .out_valid(queue_valid),
      .out_ready(fetch),
      .out_data(queue_instruction)
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
  wire next_chain = fetched[35];
  wire next_both = fetched[30] && fetched[31];  // writes a vector and a state
  wire next_codes = fetched[32];
  wire next_scaled = next_y == 3'd4;
  wire up = !scalar_e[11];  // the scalar is m times a power of two of 1 or more
  wire [3:0] up_amount = scalar_e[10:4] != 7'd0 ? 4'd15 : scalar_e[3:0];
  wire [11:0] down = -scalar_e;
  wire [5:0] down_amount = down[11:6] != 6'd0 ? 6'd63 : down[5:0];

  // Running

  reg running;
  reg [2:0] x;
  reg [2:0] y;
  reg [1:0] z;
  reg [31:0] y_value;
  reg [5:0] shift;
  reg [5:0] sigma_k;
  reg [4:0] align;
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
      case (next_y)
        3'd4: y_value <= up ? {16'd0, scalar_m} << up_amount : {16'd0, scalar_m};
        3'd5: y_value <= 32'd1 << fetched[26:22];
        default: y_value <= {16'd0, scalar_m};
      endcase
      shift <= next_y == 3'd2 ? 6'd16 : !next_scaled ? next_shift : up ? 6'd0 : down_amount;
      sigma_k <= next_shift;
      align <= scalar_e[4:0] + {4'b1000, next_x[0]};
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
  reg [40*7-1:0] to_7;
  reg [8*8-1:0] to_8;
  reg [6*9-1:0] to_9;
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
      to_7 <= {to_7[40*6-1:0], x, y, z, y_value};
      to_8 <= {to_8[8*7-1:0], y == 3'd2, y == 3'd6, x == 3'd4 || x == 3'd5, align};
      to_9 <= {to_9[6*8-1:0], shift};
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

  // Lanes

  wire host_read_v = host_read && !host_space;
  wire host_read_s = host_read && host_space;
  wire [VA-1:0] read_addr_a = block_read ? block_addr : host_read_v ? host_addr[VA-1:0] :
                              addr_a[VA-1:0];
  wire [SA-1:0] read_addr_s = host_read_s ? host_addr[SA-1:0] : addr_s_6[SA-1:0];
  wire [32*LANES-1:0] read_a;
  wire [32*LANES-1:0] read_s;
  wire [30*LANES-1:0] maxima;
  wire [48*LANES-1:0] sums;

  genvar l;
  genvar b;
  generate
    for (l = 0; l < LANES; l = l + 1) begin : lane
      wire [CONST_BANKS-1:0] write;
      wire [16*CONST_BANKS-1:0] data;
      for (b = 0; b < CONST_BANKS; b = b + 1) begin : bank
        assign write[b] = const_write[b*LANES+l];
        assign data[16*b+:16] = const_data[16*(b*LANES+l)+:16];
      end

      sterna_vector_lane #(
          .VECTOR_WORDS(VECTOR_WORDS),
          .STATE_WORDS (STATE_WORDS),
          .CONST_ROWS  (CONST_ROWS),
          .CONST_BANKS (CONST_BANKS)
      ) element (
          .clk(clk),
          .en(en),
          .read_a_0(issue || host_read_v || block_read),
          .addr_a_0(read_addr_a),
          .sigma_k_1(k_1),
          .read_6(valid[6] || host_read_s),
          .addr_b_6(addr_b_6[VA-1:0]),
          .addr_s_6(read_addr_s),
          .addr_c_6(addr_c_6[CA+BA-1:BA]),
          .bank_7(bank_7),
          .x_7(to_7[40*6+37+:3]),
          .y_7(to_7[40*6+34+:3]),
          .z_7(to_7[40*6+32+:2]),
          .y_value_7(to_7[40*6+:32]),
          .y_sigma_8(to_8[8*7+7]),
          .y_x_8(to_8[8*7+6]),
          .align_8_on(to_8[8*7+5]),
          .align_8(to_8[8*7+:5]),
          .shift_9(to_9[6*8+:6]),
          .signed_14(to_14[14]),
          .write_v_15(write_v_15),
          .addr_v_15(addr_d_15[VA-1:0]),
          .write_s_15(write_s_15),
          .addr_w_15(addr_w_15[SA-1:0]),
          .maximum_15(maximum_15),
          .sum_15(sum_15),
          .code_15(code_data[8*l+:8]),
          .clear_maximum(clear_maximum || rst),
          .clear_sum(clear_sum || rst),
          .maximum(maxima[30*l+:30]),
          .sum(sums[48*l+:48]),
          .drain_write(drain_write || block_write[l]),
          .drain_addr(drain_write ? drain_addr : block_addr),
          .drain_data(drain_write ? drain_data[32*l+:32] : block_value),
          .const_write(write),
          .const_addr(const_addr),
          .const_data(data),
          .table_write(table_write),
          .table_addr(table_addr),
          .table_data(table_data),
          .host_write_s(host_write_s[l]),
          .host_addr(host_addr[SA-1:0]),
          .host_data(host_data),
          .read_a_1(read_a[32*l+:32]),
          .read_s_7(read_s[32*l+:32])
      );
    end
  endgenerate

  assign block_data = read_a;

  // What was collected: a tree over the lanes, one level a cycle

  wire [30*LANES*2-1:30] maximum_tree;
  wire [48*LANES*2-1:48] sum_tree;
  assign maximum_tree[30*LANES+:30*LANES] = maxima;
  assign sum_tree[48*LANES+:48*LANES] = sums;
  assign maximum = maximum_tree[30+:30];
  assign sum = sum_tree[48+:48];

  generate
    for (l = 1; l < LANES; l = l + 1) begin : node  // as in a heap: 2l and 2l + 1 are below l
      reg [29:0] larger;
      reg [47:0] both;
      wire [29:0] maximum0 = maximum_tree[30*(2*l)+:30];
      wire [29:0] maximum1 = maximum_tree[30*(2*l+1)+:30];
      always @(posedge clk) begin
        larger <= maximum0 > maximum1 ? maximum0 : maximum1;
        both   <= sum_tree[48*(2*l)+:48] + sum_tree[48*(2*l+1)+:48];
      end
      assign maximum_tree[30*l+:30] = larger;
      assign sum_tree[48*l+:48] = both;
    end
  endgenerate

  reg [3:0] settling;  // cycles until the tree shows what was collected

  always @(posedge clk) begin
    if (maximum_15 || sum_15) settling <= LEVELS[3:0] + 4'd1;
    else if (settling != 4'd0) settling <= settling - 4'd1;
    if (rst) settling <= 4'd0;
  end

  assign idle = !queue_valid && !fetched_valid && !running && valid == 15'd0 && settling == 4'd0;

  // Host

  reg [2:0] host_reading;
  reg host_reads_state;

  always @(posedge clk) begin
    host_reading <= {host_reading[1:0], host_read};
    if (host_read) host_reads_state <= host_space;
    if (host_reading[0] || host_reading[1]) begin
      host_value <= host_reads_state ? read_s[32*host_lane+:32] : read_a[32*host_lane+:32];
    end
  end

  wire unused = &{
    1'b0, fetched[127], host_reading[2], host_addr, addr_a, addr_b_6, addr_c_6, addr_s_6, addr_d_15,
    addr_w_15
  };

endmodule

`default_nettype wire
