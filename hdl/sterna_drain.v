// Takes the sums of the matrix unit, scales them, and writes them to the vector memory, or, of the
// head, finds the largest and streams them out.
//
//   hold --> LANES x sterna_scale --+--> write port of the vector memory, progress by token
//                                   +--> logits_*, largest
//
// Descriptor: rows, first word, token, scalar register, head. A product's sums wait until the mark
// of its register is set, which may be long after the product has started. progress counts the
// words written for each token; begin empties a token's count.
// Logits go out LANES at a time, with keep for those that are rows of the matrix, and last; the
// unit, and soon the matrix unit, stand still while logits_ready is low. Protocol: valid/ready.
// BATCH vectors go through in step, each with its own scale, logits and largest.
// Latency: 6 cycles from a sum to its write. Throughput: a word a cycle.
`default_nettype none

module sterna_drain #(
    parameter ROWS  = 64,  // rows of a row group, a power of two
    parameter LANES = 8,   // rows at once, a power of two, 2 or more, at most ROWS
    parameter ACC   = 24,  // bits of a sum
    parameter BATCH = 1    // vectors
) (
    input  wire                 clk,
    input  wire                 rst,
    // Products
    input  wire                 in_valid,
    output wire                 in_ready,
    input  wire [         19:0] in_rows,
    input  wire [         14:0] in_addr,
    input  wire [          2:0] in_token,
    input  wire [          4:0] in_register,
    input  wire                 in_head,
    output wire                 idle,
    output wire                 resting,      // idle, or nothing to do until a mark is set
    // Sums
    input  wire                 hold_full,
    output wire                 hold_shift,
    output wire                 hold_done,
    input  wire [ACC*LANES*BATCH-1:0] hold_sums,  // by vector, then lane
    // Scalars
    input  wire [         31:0] marks,
    output wire [          4:0] scalar_addr,
    input  wire [ 16*BATCH-1:0] scalar_m,     // by vector
    input  wire [ 12*BATCH-1:0] scalar_e,
    // Vector memory
    output wire                 write,
    output wire [         14:0] write_addr,
    output wire [32*LANES*BATCH-1:0] write_data,  // by vector, then lane
    input  wire                 begin_valid,
    input  wire [          2:0] begin_token,
    output wire [        119:0] progress,
    // Logits
    output wire                 logits_valid,
    input  wire                 logits_ready,
    output wire [32*LANES*BATCH-1:0] logits_data,  // by vector, then lane
    output wire [    LANES-1:0] logits_keep,
    output wire                 logits_last,
    output wire                 stalled,
    // The largest, by vector
    output wire                 largest_done,
    output wire [ 20*BATCH-1:0] largest_index,
    output wire [ 32*BATCH-1:0] largest
);

  localparam LANE = $clog2(LANES);
  localparam GROUP_WORDS = ROWS / LANES;

  initial begin
    if (LANES < 2 || (1 << LANE) != LANES || ROWS % LANES != 0) begin
      $display("Cannot build sterna_drain: ROWS %0d, LANES %0d", ROWS, LANES);
      $finish;
    end
  end

  // Products

  wire queue_valid;
  wire queue_take;
  wire [19:0] next_rows;
  wire [14:0] next_addr;
  wire [2:0] next_token;
  wire [4:0] next_register;
  wire next_head;

  sterna_queue #(
      .WIDTH(44),
      .DEPTH(4)
  ) queue (
      .clk(clk),
      .rst(rst),
      .in_valid(in_valid),
      .in_ready(in_ready),
      .in_data({in_rows, in_addr, in_token, in_register, in_head}),
      .out_valid(queue_valid),
      .out_ready(queue_take),
      .out_data({next_rows, next_addr, next_token, next_register, next_head})
  );

  reg active;
  reg marked;  // the scalar was read after its mark was set
  reg [19:0] rows_left;
  reg [14:0] addr;
  reg [2:0] token;
  reg head;
  reg [16*BATCH-1:0] m;
  reg [12*BATCH-1:0] e;
  reg [15:0] word;  // within the row group

  assign scalar_addr = next_register;
  assign queue_take  = queue_valid && marked && !active;

  wire en;
  localparam LAST_WORD = GROUP_WORDS - 1;
  localparam [19:0] LANES_20 = LANES[19:0];
  wire take = active && hold_full && en;
  wire matrix_end = take && rows_left <= LANES_20;

  assign hold_shift = take;
  assign hold_done  = take && (word == LAST_WORD[15:0] || matrix_end);

  always @(posedge clk) begin
    marked <= queue_valid && !active && !queue_take && marks[next_register];
    if (queue_take) begin
      rows_left <= next_rows;
      addr <= next_addr;
      token <= next_token;
      head <= next_head;
      m <= scalar_m;
      e <= scalar_e;
      word <= 16'd0;
    end else if (take) begin
      rows_left <= rows_left - LANES_20;
      addr <= addr + 15'd1;
      word <= hold_done ? 16'd0 : word + 16'd1;
    end
    if (queue_take) active <= 1'b1;
    else if (matrix_end) active <= 1'b0;
    if (rst) active <= 1'b0;
    if (rst) marked <= 1'b0;
  end

  // Scaling

  reg [6:1] valid;
  reg [6:1] heads;
  reg [6:1] lasts;
  reg [15*6-1:0] addrs;
  reg [3*6-1:0] tokens;
  reg [LANES*6-1:0] keeps;
  wire [LANES-1:0] keep;

  genvar l;
  genvar b;
  generate
    for (l = 0; l < LANES; l = l + 1) begin : lane
      localparam [19:0] HERE = l;
      assign keep[l] = rows_left > HERE;

      for (b = 0; b < BATCH; b = b + 1) begin : vector
        wire [ACC-1:0] sum = hold_sums[ACC*(LANES*b+l)+:ACC];

        sterna_scale scale (
            .clk(clk),
            .en(en),
            .x({{32 - ACC{sum[ACC-1]}}, sum}),
            .m(m[16*b+:16]),
            .e(e[12*b+:12]),
            .z(write_data[32*(LANES*b+l)+:32])
        );
      end
    end
  endgenerate

  // The next stream of logits waits until the largest of the last one is found.
  reg reducing;
  assign en = !(valid[6] && heads[6] && (!logits_ready || reducing));
  assign stalled = !en;

  always @(posedge clk) begin
    if (en) begin
      valid  <= {valid[5:1], take};
      heads  <= {heads[5:1], head};
      lasts  <= {lasts[5:1], matrix_end};
      addrs  <= {addrs[15*5-1:0], addr};
      tokens <= {tokens[3*5-1:0], token};
      keeps  <= {keeps[LANES*5-1:0], keep};
    end
    if (rst) valid <= 6'd0;
  end

  assign write = valid[6] && !heads[6];
  assign write_addr = addrs[15*5+:15];

  wire [2:0] write_token = tokens[3*5+:3];

  generate
    for (l = 0; l < 8; l = l + 1) begin : each
      localparam [2:0] HERE = l;
      reg [14:0] count;
      assign progress[15*l+:15] = count;
      always @(posedge clk) begin
        if (begin_valid && begin_token == HERE) count <= 15'd0;
        else if (write && write_token == HERE) count <= count + 15'd1;
        if (rst) count <= 15'd0;
      end
    end
  endgenerate

  // Logits

  assign logits_valid = valid[6] && heads[6] && !reducing;
  assign logits_data  = write_data;
  assign logits_keep  = keeps[LANES*5+:LANES];
  assign logits_last  = lasts[6];

  wire logit = logits_valid && logits_ready;
  reg  was_reset;

  // All of them end in the same cycle.
  wire [BATCH-1:0] dones;
  assign largest_done = dones[0];

  generate
    for (b = 0; b < BATCH; b = b + 1) begin : choice
      sterna_argmax #(
          .LANES(LANES),
          .INDEX(20)
      ) argmax (
          .clk(clk),
          .rst(rst),
          .clear(was_reset || largest_done),
          .in_valid(logit),
          .in_keep(logits_keep),
          .in_data(logits_data[32*LANES*b+:32*LANES]),
          .finish(logit && logits_last),
          .done(dones[b]),
          .index(largest_index[20*b+:20]),
          .best(largest[32*b+:32])
      );
    end
  endgenerate

  always @(posedge clk) begin
    was_reset <= rst;
    if (logit && logits_last) reducing <= 1'b1;
    else if (largest_done) reducing <= 1'b0;
    if (rst) reducing <= 1'b0;
  end

  wire unused = &{1'b0, dones};
  wire still = !active && valid == 6'd0 && !reducing;
  assign idle = still && !queue_valid;
  assign resting = still && (!queue_valid || !marks[next_register]);

endmodule

`default_nettype wire
