// Rotary positions: turns pairs of elements of every head by position times a frequency.
//
//   turns:  table RAM --> [ phase = position x turn ] --> [ sine, cosine ] --> [ angles RAM ]
//   apply:  vector memory --> x, y --> x cos - y sin, y cos + x sin --> vector memory
//
// start_turns works out the angles of a token, once for each table of turns (slot): entries
// turns_at + j of the table RAM, j below `pairs`. The sine table is at 0. start_apply then turns
// pair j of each of `heads` heads of `dim` elements: elements j and j + pairs, or, interleaved, 2j
// and 2j + 1. Elements without a pair are left alone, source and target are different vectors.
// Arithmetic: sine, cosine and mulShift by 16 of ARITHMETIC.md.
// One thing after the other: 13 cycles an angle, 10 a pair. Reads answer one edge later.
`default_nettype none

module sterna_rope (
    input  wire        clk,
    input  wire        rst,
    output wire        busy,
    input  wire        start_turns,
    input  wire        start_apply,
    input  wire        slot,
    input  wire        interleaved,
    input  wire [ 8:0] pairs,
    input  wire [ 7:0] heads,
    input  wire [ 8:0] dim,
    input  wire [19:0] source,        // elements
    input  wire [19:0] target,
    input  wire [15:0] position,
    // Table RAM
    output wire        table_read,
    output wire [10:0] table_addr,
    input  wire [31:0] table_data,
    // Vector memory, by element
    output wire        vector_read,
    output wire [19:0] vector_addr,   // of reads and writes
    input  wire [31:0] vector_data,
    output wire        vector_write,
    output wire [31:0] vector_value
);

  localparam [10:0] TURNS_AT = 11'd1024;
  localparam signed [50:0] TOP = 51'sd1073741823;  // 2^30 - 1
  localparam [3:0] LAST_TURN = 4'd12;
  localparam [3:0] LAST_APPLY = 4'd9;

  reg turning;
  reg applying;
  reg [3:0] step;
  reg [8:0] pair;
  reg [7:0] head;
  reg [19:0] base;    // of the head, in elements
  reg of_sine;        // the second of two angles

  assign busy = turning || applying;

  wire last_pair = pair == pairs - 9'd1;
  wire last_head = head == heads - 8'd1;
  wire turned = turning && step == LAST_TURN;
  wire applied = applying && step == LAST_APPLY;

  always @(posedge clk) begin
    step <= turned || applied || !busy ? 4'd0 : step + 4'd1;
    if (start_turns || start_apply) begin
      pair <= 9'd0;
      head <= 8'd0;
      base <= 20'd0;
      of_sine <= 1'b0;
    end else if (turned) begin
      of_sine <= !of_sine;
      if (of_sine) pair <= pair + 9'd1;
    end else if (applied) begin
      pair <= last_pair ? 9'd0 : pair + 9'd1;
      if (last_pair) head <= head + 8'd1;
      if (last_pair) base <= base + {11'd0, dim};
    end
    if (start_turns) turning <= 1'b1;
    else if (turned && of_sine && last_pair) turning <= 1'b0;
    if (start_apply) applying <= 1'b1;
    else if (applied && last_pair && last_head) applying <= 1'b0;
    if (rst) turning <= 1'b0;
    if (rst) applying <= 1'b0;
  end

  // Angles: a cosine is a sine a quarter of a turn later

  reg [31:0] phase;
  reg [30:0] along;        // of the quarter, 0 to 2^30
  reg minus;
  reg [31:0] low;
  reg signed [31:0] rise;
  reg signed [31:0] angle;

  wire [31:0] product = table_data * {16'd0, position};
  wire [30:0] back = 31'h40000000 - {1'b0, phase[29:0]};
  wire [10:0] entry = {1'b0, along[30:21]};
  wire [10:0] turn_entry = TURNS_AT + {2'd0, slot, pair[7:0]};
  wire signed [8:0] part = {1'b0, along[20:13]};
  wire signed [31:0] between = (rise * part + 32'sd128) >>> 8;

  assign table_read = turning && (step == 4'd0 || step == 4'd5 || step == 4'd6);
  assign table_addr = step == 4'd0 ? turn_entry : step == 4'd5 ? entry : entry + 11'd1;

  always @(posedge clk) begin
    case (step)
      4'd1: phase <= product;
      4'd2: if (!of_sine) phase <= phase + 32'h40000000;
      4'd3: along <= phase[30] ? back : {1'b0, phase[29:0]};
      4'd4: minus <= phase[31];
      4'd6: low <= table_data;
      4'd7: rise <= table_data - low;
      4'd8: rise <= along[30] ? 32'sd0 : between;
      4'd9: angle <= low + rise;
      4'd10: if (minus) angle <= -angle;
      default: ;
    endcase
  end

  wire angles_read = applying && (step == 4'd0 || step == 4'd1);
  wire [17:0] angle_data;

  sterna_ram #(
      .WIDTH(18),
      .DEPTH(1024),
      .OLD_DATA(0)
  ) angles (
      .clk(clk),
      .wr_en(turning && step == 4'd11),
      .wr_addr({slot, pair[7:0], of_sine}),
      .wr_data(angle[17:0]),
      .rd_en(angles_read),
      .rd_addr({slot, pair[7:0], step[0]}),
      .rd_data(angle_data)
  );

  // Pairs

  reg signed [31:0] x;
  reg signed [31:0] y;
  reg signed [17:0] cosine;
  reg signed [17:0] sine;
  reg signed [31:0] factor;
  reg signed [17:0] by;
  reg signed [49:0] full;
  reg signed [50:0] sum;

  wire signed [50:0] moved = ($signed({full[49], full}) + 51'sd32768) >>> 16;
  wire signed [50:0] clamped = sum > TOP ? TOP : sum < -TOP ? -TOP : sum;
  wire [19:0] first = interleaved ? {10'd0, pair, 1'b0} : {11'd0, pair};
  wire [19:0] second = interleaved ? {10'd0, pair, 1'b1} : {11'd0, pair} + {11'd0, pairs};
  wire at_second = step == 4'd1 || step == 4'd9;
  wire write_step = step == 4'd7 || step == 4'd9;

  assign vector_read = applying && (step == 4'd0 || step == 4'd1);
  assign vector_write = applying && write_step;
  assign vector_addr = (write_step ? target : source) + base + (at_second ? second : first);
  assign vector_value = clamped[31:0];

  wire unused = &{1'b0, along[12:0], clamped[50:32]};

  // Products follow each other: x cos, y sin, then y cos, x sin.
  always @(posedge clk) begin
    if (step == 4'd1) x <= vector_data;
    if (step == 4'd1) cosine <= angle_data;
    if (step == 4'd2) y <= vector_data;
    if (step == 4'd2) sine <= angle_data;
    case (step)
      4'd3: begin
        factor <= x;
        by <= cosine;
      end
      4'd4: begin
        factor <= y;
        by <= sine;
      end
      4'd5: begin
        factor <= y;
        by <= cosine;
      end
      4'd6: begin
        factor <= x;
        by <= sine;
      end
      default: ;
    endcase
    full <= factor * by;
    case (step)
      4'd5, 4'd7: sum <= moved;
      4'd6: sum <= sum - moved;
      4'd8: sum <= sum + moved;
      default: ;
    endcase
  end

endmodule

`default_nettype wire
