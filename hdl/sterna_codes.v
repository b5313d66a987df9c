// Codes of a product: holds them, and gives them to the matrix unit a column group at a time, over
// and over for each row group.
//
//   vector unit --> [ banks ] --> [ words ] --> [ low | high ] --> TRITS codes a cycle
//                                                  ^ position
//
// A word is what one read gives: CODES codes. A column group is the next TRITS codes, which may lie
// across two words; the last group of a pass over the vector may reach beyond its end, where the
// weights are zero. The next pass follows without a gap.
//
// A product may start while its codes are still being written: each buffer counts the words of the
// vector unit written to it, and a word is read when it is complete. begin_write empties a buffer's
// count. in_use is high from the take of a product to its last read, so that its codes stay.
// Descriptor: first word, column groups, row groups, buffer. Protocol: valid/ready; codes are a
// stream with out_valid, out_take, and out_last, which the taker gives with a pass's last group.
// BATCH vectors of codes go in and out in step, and are kept side by side.
`default_nettype none

module sterna_codes #(
    parameter LANES = 8,    // codes that the vector unit writes at once, a power of two
    parameter CODES = 8,    // codes of a word: LANES, but 8 at least
    parameter WORDS = 1024, // words, a power of two
    parameter TRITS = 5,    // codes of a column group, 5 or 4
    parameter BATCH = 1     // vectors of codes
) (
    input  wire               clk,
    input  wire               rst,
    // Writes of the vector unit
    input  wire               write,
    input  wire [        1:0] write_buffer,
    input  wire [       14:0] write_addr,   // in words of LANES codes
    input  wire [8*LANES*BATCH-1:0] write_data,  // by vector, then lane
    input  wire               begin_write,
    input  wire [        1:0] begin_buffer,
    output wire [        3:0] in_use,       // by buffer
    // Products
    input  wire               in_valid,
    output wire               in_ready,
    input  wire [       14:0] in_base,
    input  wire [       15:0] in_columns,
    input  wire [       19:0] in_groups,
    input  wire [        1:0] in_buffer,
    // Codes of a column group
    output wire               out_valid,
    input  wire               out_take,
    input  wire               out_last,
    output wire [40*BATCH-1:0] out_codes    // by vector
);

  localparam ADDR = $clog2(WORDS);
  localparam PARTS = CODES / LANES;
  localparam PART = $clog2(PARTS);
  localparam CODE = $clog2(CODES);
  localparam LAST_PART = PARTS - 1;
  localparam [14:0] MASK = LAST_PART[14:0];

  initial begin
    if (CODES < 8 || (1 << CODE) != CODES || CODES % LANES != 0 || (1 << ADDR) != WORDS ||
        ADDR > 15 || (TRITS != 5 && TRITS != 4)) begin
      $display("Cannot build sterna_codes: LANES %0d, CODES %0d, WORDS %0d, TRITS %0d", LANES,
               CODES, WORDS, TRITS);
      $finish;
    end
  end

  // Memory: a bank for each part of a word

  wire read;
  reg [14:0] read_addr;
  wire [8*CODES*BATCH-1:0] word;

  genvar p;
  genvar b;
  generate
    for (p = 0; p < PARTS; p = p + 1) begin : part
      localparam [14:0] HERE = p;
      for (b = 0; b < BATCH; b = b + 1) begin : vector
        sterna_ram #(
            .WIDTH(8 * LANES),
            .DEPTH(WORDS),
            .OLD_DATA(0)
        ) bank (
            .clk(clk),
            .wr_en(write && (write_addr & MASK) == HERE),
            .wr_addr(write_addr[ADDR+PART-1:PART]),
            .wr_data(write_data[8*LANES*b+:8*LANES]),
            .rd_en(read),
            .rd_addr(read_addr[ADDR-1:0]),
            .rd_data(word[8*CODES*b+8*LANES*p+:8*LANES])
        );
      end
    end
  endgenerate

  // Progress of the writes and use of the buffers

  wire [4*17-1:0] written;  // words of LANES codes, by buffer
  wire taken = in_valid && in_ready;
  wire finished;
  reg [1:0] buffer;

  generate
    for (p = 0; p < 4; p = p + 1) begin : each
      localparam [1:0] HERE = p;
      reg [16:0] count;
      reg [3:0] users;
      wire more = taken && in_buffer == HERE;
      wire less = finished && buffer == HERE;
      assign written[17*p+:17] = count;
      assign in_use[p] = users != 4'd0;
      always @(posedge clk) begin
        if (begin_write && begin_buffer == HERE) count <= 17'd0;
        else if (write && write_buffer == HERE) count <= count + 17'd1;
        if (more && !less) users <= users + 4'd1;
        if (!more && less) users <= users - 4'd1;
        if (rst) users <= 4'd0;
        if (rst) count <= 17'd0;
      end
    end
  endgenerate

  // Reads: the words of a pass, for each row group

  wire queue_valid;
  wire queue_take;
  wire [14:0] next_base;
  wire [15:0] next_columns;
  wire [19:0] next_groups;
  wire [1:0] next_buffer;

  sterna_queue #(
      .WIDTH(53),
      .DEPTH(4)
  ) queue (
      .clk(clk),
      .rst(rst),
      .in_valid(in_valid),
      .in_ready(in_ready),
      .in_data({in_base, in_columns, in_groups, in_buffer}),
      .out_valid(queue_valid),
      .out_ready(queue_take),
      .out_data({next_base, next_columns, next_groups, next_buffer})
  );

  reg active;
  reg [14:0] base;
  reg [16:0] words_last;  // words of a pass less 1
  reg [16:0] index;
  reg [19:0] groups_left;  // after this one

  wire [18:0] codes_needed = TRITS == 5 ? {1'b0, next_columns, 2'd0} + {3'd0, next_columns} :
                                          {1'b0, next_columns, 2'd0};
  wire [18:0] last_code = codes_needed - 19'd1;
  wire [18:0] next_words_last = last_code >> CODE;

  wire [16:0] count = written[17*buffer+:17];
  wire [16:0] complete = count >> PART;  // words of CODES codes
  wire room;
  assign read = active && complete > index && room;
  wire pass_end = read && index == words_last;
  assign finished = pass_end && groups_left == 20'd0;
  assign queue_take = queue_valid && (!active || finished);

  always @(posedge clk) begin
    if (queue_take) begin
      base <= next_base;
      words_last <= next_words_last[16:0];
      groups_left <= next_groups - 20'd1;
      buffer <= next_buffer;
      index <= 17'd0;
      read_addr <= next_base;
    end else if (read) begin
      index <= pass_end ? 17'd0 : index + 17'd1;
      read_addr <= pass_end ? base : read_addr + 15'd1;
      if (pass_end) groups_left <= groups_left - 20'd1;
    end
    if (queue_take) active <= 1'b1;
    else if (finished) active <= 1'b0;
    if (rst) active <= 1'b0;
  end

  // Words on their way

  reg arriving;
  reg arriving_last;
  reg [2:0] on_way;  // words read and not yet taken from the queue
  wire word_valid;
  wire word_take;
  wire word_last;
  wire [8*CODES*BATCH-1:0] word_codes;
  wire unused_ready;

  assign room = on_way < 3'd4;

  always @(posedge clk) begin
    arriving <= read;
    arriving_last <= index == words_last;
    if (read && !word_take) on_way <= on_way + 3'd1;
    if (!read && word_take) on_way <= on_way - 3'd1;
    if (rst) arriving <= 1'b0;
    if (rst) on_way <= 3'd0;
  end

  sterna_queue #(
      .WIDTH(8 * CODES * BATCH + 1),
      .DEPTH(4)
  ) word_queue (
      .clk(clk),
      .rst(rst),
      .in_valid(arriving),
      .in_ready(unused_ready),
      .in_data({arriving_last, word}),
      .out_valid(word_valid),
      .out_ready(word_take),
      .out_data({word_last, word_codes})
  );

  // Column groups: a window of two words

  reg low_valid;
  reg low_last;
  reg high_valid;
  reg high_last;
  reg [CODE-1:0] position;

  localparam [CODE:0] STEP = TRITS[CODE:0];
  localparam [CODE:0] WIDE = CODES[CODE:0];

  wire [CODE:0] next_position = {1'b0, position} + STEP;
  wire crosses = next_position > WIDE;
  wire leaves = next_position >= WIDE;  // the low word is used up

  assign out_valid = low_valid && (high_valid || !crosses);

  wire shift = out_take && !out_last && leaves;
  wire restart = out_take && out_last;
  // The low word is empty after this edge unless something moves in.
  wire low_free = !low_valid || restart || (shift && !high_valid);
  wire high_free = !high_valid || shift || restart;
  wire into_low = low_free && word_valid;
  // A window holds words of one pass only.
  wire low_ends = shift ? high_last : low_last;
  wire into_high = !low_free && high_free && !low_ends && word_valid;

  assign word_take = into_low || into_high;

  generate
    for (b = 0; b < BATCH; b = b + 1) begin : windows
      reg [8*CODES-1:0] low;
      reg [8*CODES-1:0] high;
      wire [16*CODES-1:0] window = {high, low};
      assign out_codes[40*b+:40] = window[8*position+:40];
      always @(posedge clk) begin
        if (into_low) low <= word_codes[8*CODES*b+:8*CODES];
        else if (shift) low <= high;
        if (into_high) high <= word_codes[8*CODES*b+:8*CODES];
      end
    end
  endgenerate

  always @(posedge clk) begin
    if (into_low) low_last <= word_last;
    else if (shift) low_last <= high_last;
    if (into_high) high_last <= word_last;
    low_valid  <= into_low || (low_valid && !restart && !(shift && !high_valid));
    high_valid <= into_high || (high_valid && !shift && !restart);
    if (restart) position <= {CODE{1'b0}};
    else if (out_take) position <= next_position[CODE-1:0];
    if (rst) begin
      low_valid <= 1'b0;
      high_valid <= 1'b0;
      position <= {CODE{1'b0}};
    end
  end

  wire unused = &{1'b0, unused_ready, next_words_last[18:17], read_addr, write_addr};

endmodule

`default_nettype wire
