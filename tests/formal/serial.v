// What is worked out a bit a cycle, and the largest of a stream.
`default_nettype none

module formal_divide #(
    parameter NUM  = 8,
    parameter DEN  = 4,
    parameter QUOT = 6
) (
    input wire           clk,
    input wire           rst_at,
    input wire           start,
    input wire [NUM-1:0] num,
    input wire [DEN-1:0] den
);

  reg started = 1'b0;
  always @(posedge clk) started <= 1'b1;
  wire rst = !started || rst_at;

  wire busy;
  wire done;
  wire [QUOT-1:0] quot;

  sterna_divide #(
      .NUM (NUM),
      .DEN (DEN),
      .QUOT(QUOT)
  ) dut (
      .clk(clk),
      .rst(rst),
      .start(start),
      .num(num),
      .den(den),
      .busy(busy),
      .done(done),
      .quot(quot)
  );

  reg [NUM-1:0] n;
  reg [DEN-1:0] d;
  reg [7:0] edges;
  reg running;
  reg ready;  // quot is that of n and d

  always @(posedge clk) begin
    edges <= edges + 8'd1;
    if (running && edges == QUOT - 1) begin
      running <= 1'b0;
      ready   <= 1'b1;
    end
    if (start && !running) begin
      n <= num;
      d <= den;
      edges <= 8'd0;
      running <= 1'b1;
      ready <= 1'b0;
    end
    if (rst) running <= 1'b0;
    if (rst) ready <= 1'b0;
  end

  wire [NUM+QUOT:0] low = quot * d;
  reg first_ready;
  always @(posedge clk) first_ready <= running && edges == QUOT - 1 && !rst;

  always @* begin
    assume ({{QUOT{1'b0}}, num} < ({{NUM{1'b0}}, den} << QUOT) || den == 0);
    if (!rst) begin
      assert (busy == running);
      if (started) assert (done == first_ready);
      if (ready && d != 0) assert (low <= n && n < low + d);
      if (ready && d == 0) assert (quot == {QUOT{1'b1}});
    end
  end

endmodule

// BITS: v below 2^BITS.
module formal_isqrt #(
    parameter BITS = 10
) (
    input wire        clk,
    input wire        start,
    input wire [31:0] v
);

  reg started = 1'b0;
  always @(posedge clk) started <= 1'b1;
  wire rst = !started;

  wire busy;
  wire done;
  wire [15:0] root;

  sterna_isqrt dut (
      .clk(clk),
      .rst(rst),
      .start(start),
      .v(v),
      .busy(busy),
      .done(done),
      .root(root)
  );

  reg [31:0] value;
  reg [4:0] edges;
  reg running;
  reg ready;

  always @(posedge clk) begin
    edges <= edges + 5'd1;
    if (running && edges == 5'd15) begin
      running <= 1'b0;
      ready   <= 1'b1;
    end
    if (start && !running) begin
      value <= v;
      edges <= 5'd0;
      running <= 1'b1;
      ready <= 1'b0;
    end
    if (rst) running <= 1'b0;
    if (rst) ready <= 1'b0;
  end

  wire [33:0] square = root * root;

  always @* begin
    assume (BITS == 32 || v < (32'd1 << BITS));
    if (!rst) begin
      assert (busy == running);
      if (done) assert (ready);
      if (ready) assert (square <= value && value <= square + {17'd0, root, 1'b0});
    end
  end

endmodule

// One stream of at most WORDS words, whose last one ends it.
module formal_argmax #(
    parameter LANES = 2,
    parameter WORDS = 2,
    parameter INDEX = 4
) (
    input wire                clk,
    input wire                in_valid,
    input wire [   LANES-1:0] in_keep,
    input wire [32*LANES-1:0] in_data,
    input wire                finish
);

  reg started = 1'b0;
  always @(posedge clk) started <= 1'b1;
  wire rst = !started;
  reg cleared;
  wire clear = started && !cleared;

  wire done;
  wire [INDEX-1:0] index;
  wire [31:0] best;

  sterna_argmax #(
      .LANES(LANES),
      .INDEX(INDEX)
  ) dut (
      .clk(clk),
      .rst(rst),
      .clear(clear),
      .in_valid(in_valid),
      .in_keep(in_keep),
      .in_data(in_data),
      .finish(finish),
      .done(done),
      .index(index),
      .best(best)
  );

  // The largest so far, in the order of the indices.
  reg any;
  reg signed [31:0] most;
  reg [INDEX-1:0] at;
  reg [INDEX-1:0] count;
  reg ended;
  reg [3:0] since;

  reg any_next;
  reg signed [31:0] most_next;
  reg [INDEX-1:0] at_next;
  integer l;

  always @* begin
    any_next  = any;
    most_next = most;
    at_next   = at;
    for (l = 0; l < LANES; l = l + 1) begin
      if (in_valid && in_keep[l] &&
          (!any_next || $signed(in_data[32*l+:32]) > most_next)) begin
        any_next  = 1'b1;
        most_next = in_data[32*l+:32];
        at_next   = count + l[INDEX-1:0];
      end
    end
  end

  always @(posedge clk) begin
    cleared <= started;
    any <= any_next;
    most <= most_next;
    at <= at_next;
    if (in_valid) count <= count + LANES[INDEX-1:0];
    if (finish) ended <= 1'b1;
    since <= ended ? since + 4'd1 : 4'd0;
    if (!cleared) begin
      any <= 1'b0;
      most <= 32'sd0;
      at <= {INDEX{1'b0}};
      count <= {INDEX{1'b0}};
      ended <= 1'b0;
    end
    if (rst) cleared <= 1'b0;
  end

  always @* begin
    if (!cleared || ended) assume (!in_valid && !finish);
    if (count >= LANES * WORDS) assume (!in_valid);
    if (started && cleared) begin
      assert (done == (ended && since == LANES + 1));
      if (done) assert (index == at && best == most);
    end
  end

endmodule

// A ring of units of 16 bits: beats go in, fields of up to 8 units go out.
module formal_gear #(
    parameter BEAT = 4
) (
    input wire              clk,
    input wire              clear_at,
    input wire              want,
    input wire              beat_valid,
    input wire [8*BEAT-1:0] beat,
    input wire [       3:0] use_units
);

  localparam UNITS = BEAT / 2;
  localparam LEVEL = $clog2(UNITS + 8);

  reg started = 1'b0;
  always @(posedge clk) started <= 1'b1;
  wire clear = !started || clear_at;

  wire beat_take;
  wire [127:0] out_data;
  wire [LEVEL-1:0] level;
  wire [$clog2(BEAT)-2:0] partial;

  sterna_gear #(
      .BEAT(BEAT)
  ) dut (
      .clk(clk),
      .clear(clear),
      .want(want),
      .beat_valid(beat_valid),
      .beat_take(beat_take),
      .beat(beat),
      .out_data(out_data),
      .level(level),
      .partial(partial),
      .use_units(use_units)
  );

  // One unit of one beat is followed.
  (* anyconst *) wire [15:0] unit;
  (* anyconst *) wire [7:0] which;
  (* anyseq *) wire pick;
  reg picked;
  reg gone;
  reg [7:0] place;
  reg [7:0] held;
  wire mark = pick && beat_take && !picked && !clear;
  wire [7:0] rest = held - {4'd0, use_units};

  always @(posedge clk) begin
    held <= rest + (beat_take ? UNITS : 0);
    if (mark) begin
      picked <= 1'b1;
      place  <= rest + which;
    end else if (picked && !gone) begin
      if (place < {4'd0, use_units}) gone <= 1'b1;
      place <= place - {4'd0, use_units};
    end
    if (clear) begin
      held   <= 8'd0;
      picked <= 1'b0;
      gone   <= 1'b0;
    end
  end

  always @* begin
    assume (which < UNITS);
    assume (use_units <= 4'd8);
    if (started) assume ({4'd0, use_units} <= held);
    if (mark) assume (beat[16*which+:16] == unit);
    if (started) begin
      assert (level == held);
      assert (held < UNITS + 8);
      if (beat_take) assert (want && beat_valid);
      if (want && beat_valid && rest < 8'd8) assert (beat_take);
      if (picked && !gone && place < 8'd8) assert (out_data[16*place+:16] == unit);
    end
  end

endmodule

`default_nettype wire
