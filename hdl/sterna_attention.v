// Attention of one token, head after head, over a cache in memory.
//
//   k, v --> [ mantissas ] --> records --> memory                      once a group of heads
//   q ----> [ mantissas ] --> q RAM
//   keys --> [ q . k ] --> sterna_scale --> scores RAM, largest         pass 1
//            scores --> exp2 --> weights, their sum L                   between
//   values --> [ p v >> (h - shift) ] --> sums RAM                      pass 2
//            sums, 1 / L --> vector memory
//
// Definitions: ARITHMETIC.md section 8. A record is the `dim` mantissas of a token's head, and
// behind them a unit of 16 bits with the shifts of the token's key (bits 4..0) and value (12..8),
// in `record` whole beats; the unit of values is not used. Records of a head lie one behind the
// other, those of the next head `stride` beats on. Places in memory are in beats.
// A token sees the last `window` tokens, all where window is 0. CONTEXT bounds what it sees.
// An element a cycle in both passes; everything else a few cycles an element. Reads of the vector
// memory and of the table answer one edge later; dim is 16 to 256.
`default_nettype none

module sterna_attention #(
    parameter BEAT    = 16,   // bytes of a beat: 4 to 128, a power of two
    parameter CONTEXT = 1024  // tokens whose scores are held, a power of two, at most 32,768
) (
    input  wire              clk,
    input  wire              rst,
    input  wire              start,
    output wire              busy,
    // Settings
    input  wire [       7:0] heads,
    input  wire [       7:0] kv_heads,
    input  wire [       8:0] dim,
    input  wire [      15:0] window,
    input  wire [      15:0] c_m,
    input  wire [      11:0] c_e,
    input  wire [       7:0] record,
    input  wire [      31:0] stride,
    input  wire [      31:0] keys_at,
    input  wire [      31:0] values_at,
    input  wire [      19:0] q_at,           // elements of the vector memory
    input  wire [      19:0] k_at,
    input  wire [      19:0] v_at,
    input  wire [      19:0] target,
    input  wire [      15:0] position,
    // Vector memory, by element
    output wire              vector_read,
    output wire [      19:0] vector_addr,    // of reads and writes
    input  wire [      31:0] vector_data,
    output wire              vector_write,
    output wire [      31:0] vector_value,
    // exp2 table
    output wire              table_read,
    output wire [      10:0] table_addr,
    input  wire [      31:0] table_data,
    // Records that are written
    output wire              put_valid,
    input  wire              put_ready,
    output wire [      31:0] put_addr,
    output wire [8*BEAT-1:0] put_data,
    input  wire              put_busy,
    // Records that are read
    output wire              ask_valid,
    input  wire              ask_granted,
    output wire [      31:0] ask_addr,
    output wire [      31:0] ask_beats,
    input  wire              beat_valid,
    output wire              beat_take,
    input  wire [8*BEAT-1:0] beat
);

  localparam CA = $clog2(CONTEXT);
  localparam UNITS = BEAT / 2;
  localparam UNIT = $clog2(UNITS) + 1;
  localparam [10:0] EXP2_AT = 11'd513;

  localparam [3:0] IDLE = 4'd0;
  localparam [3:0] K_PEAK = 4'd1;
  localparam [3:0] V_PEAK = 4'd2;
  localparam [3:0] K_PUT = 4'd3;
  localparam [3:0] V_PUT = 4'd4;
  localparam [3:0] SETTLE = 4'd5;
  localparam [3:0] Q_PEAK = 4'd6;
  localparam [3:0] Q_PUT = 4'd7;
  localparam [3:0] K_ASK = 4'd8;
  localparam [3:0] K_RUN = 4'd9;
  localparam [3:0] WEIGH = 4'd10;
  localparam [3:0] V_ASK = 4'd11;
  localparam [3:0] V_RUN = 4'd12;
  localparam [3:0] DIVIDE = 4'd13;
  localparam [3:0] RESULT = 4'd14;

  initial begin
    if ((1 << CA) != CONTEXT || CA > 15 || (UNITS & (UNITS - 1)) != 0) begin
      $display("Cannot build sterna_attention: BEAT %0d, CONTEXT %0d", BEAT, CONTEXT);
      $finish;
    end
  end

  reg [3:0] state;
  reg [2:0] step;        // of an element or a token
  reg [8:0] at;          // element of the head
  reg [7:0] head;        // of q, or of k and v while they join the caches
  reg [7:0] in_group;    // of the heads that share k and v
  reg [19:0] head_at;    // its first element
  reg [31:0] group_at;   // its records, from keys_at or values_at
  reg [31:0] token_at;   // of the token's record in its head

  assign busy = state != IDLE;

  wire last_element = at == dim - 9'd1;
  wire last_head = head == heads - 8'd1;
  wire last_kv = head == kv_heads - 8'd1;
  wire [15:0] first_token = window != 16'd0 && position >= window ? position - window + 16'd1 :
                                                                    16'd0;
  wire [15:0] tokens = position - first_token + 16'd1;

  // Heads of q that share k and v: counted when they join the caches.
  reg [7:0] shared;
  reg [15:0] covered;

  always @(posedge clk) begin
    if (start) begin
      shared  <= 8'd1;
      covered <= {8'd0, kv_heads};
    end else if (covered < {8'd0, heads}) begin
      shared  <= shared + 8'd1;
      covered <= covered + {8'd0, kv_heads};
    end
  end

  // The largest magnitude of a head, and its mantissas

  wire of_k = state == K_PEAK || state == K_PUT;
  wire of_v = state == V_PEAK || state == V_PUT;
  wire peaking = state == K_PEAK || state == V_PEAK || state == Q_PEAK;
  wire putting = state == K_PUT || state == V_PUT;
  reg [29:0] peak;
  reg [4:0] k_shift;
  reg [4:0] v_shift;
  reg [4:0] q_shift;
  wire [31:0] magnitude = vector_data[31] ? -vector_data : vector_data;
  wire [15:0] mantissa;
  wire [4:0] peak_shift;

  sterna_mantissa round (
      .x(vector_data),
      .shift(of_k ? k_shift : of_v ? v_shift : q_shift),
      .value(mantissa),
      .largest(peak),
      .largest_shift(peak_shift)
  );

  // Records on their way out: units enter at the top, and a beat is full or the record ends.

  reg [8*BEAT-1:0] out_beat;
  reg [UNIT-1:0] out_units;
  reg [31:0] out_at;
  wire at_shifts = at == dim;
  wire [15:0] unit = at_shifts ? {3'd0, v_shift, 3'd0, k_shift} : mantissa;
  localparam [UNIT-1:0] FULL = UNITS[UNIT-1:0];
  wire out_full = out_units == FULL;
  reg record_end;

  assign put_valid = putting && step == 3'd2 && out_full;
  assign put_addr  = out_at;
  assign put_data  = out_beat;

  // Beats of records on their way in: a unit a cycle, the rest of a record's last beat is left out

  reg [8*BEAT-1:0] in_beat;
  reg [UNIT-1:0] in_units;
  reg [CA:0] seen;             // tokens of which the record is through
  wire running = state == K_RUN || state == V_RUN;
  reg weighted;                // the token's weight is there
  wire unit_here = in_units != {UNIT{1'b0}} && (state == K_RUN || weighted);
  wire [16:0] seen_all = {{16 - CA{1'b0}}, seen};
  wire all_seen = seen_all == {1'b0, tokens};
  wire take_unit = running && unit_here && !all_seen;

  assign ask_valid = state == K_ASK || state == V_ASK;
  assign ask_addr = (state == K_ASK ? keys_at : values_at) + group_at + token_at;
  assign ask_beats = {16'd0, tokens} * {24'd0, record};
  assign beat_take = running && !all_seen && in_units == {UNIT{1'b0}};

  // Pass 1: q . k

  wire [15:0] q_1;
  reg [15:0] in_1;
  reg [2:0] products;          // ages 1 and 2 of an element
  reg [1:0] ends;              // and of the end of a record
  reg signed [31:0] product_2;
  reg signed [31:0] raw;
  reg [4:0] in_k_shift;
  reg [4:0] in_v_shift;
  wire [11:0] score_e = c_e + {7'd0, q_shift} + {7'd0, in_k_shift};
  wire [31:0] score;
  reg [6:1] scoring;
  reg [CA:0] scored;
  reg signed [31:0] largest;
  wire score_here = scoring[6];

  sterna_ram #(
      .WIDTH(16),
      .DEPTH(256),
      .OLD_DATA(0)
  ) q_memory (
      .clk(clk),
      .wr_en(state == Q_PUT && step == 3'd1),
      .wr_addr(at[7:0]),
      .wr_data(mantissa),
      .rd_en(take_unit),
      .rd_addr(at[7:0]),
      .rd_data(q_1)
  );

  sterna_scale scale (
      .clk(clk),
      .en(1'b1),
      .x(raw),
      .m(c_m),
      .e(score_e),
      .z(score)
  );

  // Weights

  wire [36:0] score_data;
  wire [4:0] weight_shift = score_data[36:32];
  reg [4:0] most_shift;        // h
  reg [CA:0] token;
  reg [31:0] total;            // L
  reg [31:0] below;            // z
  reg [31:0] low;
  reg signed [31:0] rise;
  reg [31:0] power;
  wire signed [8:0] part = {1'b0, below[7:0]};
  wire signed [31:0] between = (rise * part + 32'sd128) >>> 8;
  wire [14:0] octaves = below[30:16];
  wire [31:0] rounded = (power + ((32'd1 << octaves[4:0]) >> 1)) >> octaves[4:0];
  wire [31:0] weight = octaves > 15'd17 ? 32'd0 : rounded;
  wire [16:0] token_all = {{16 - CA{1'b0}}, token};
  wire token_last = token_all == {1'b0, tokens - 16'd1};

  assign table_read = state == WEIGH && (step == 3'd2 || step == 3'd3);
  assign table_addr = EXP2_AT + {3'd0, below[15:8]} + (step == 3'd3 ? 11'd1 : 11'd0);

  wire read_weight = state == V_RUN && !weighted && !all_seen && step == 3'd0;

  sterna_ram #(
      .WIDTH(37),
      .DEPTH(CONTEXT),
      .OLD_DATA(0)
  ) scores (
      .clk(clk),
      .wr_en(score_here || (state == WEIGH && step == 3'd6)),
      .wr_addr(score_here ? scored[CA-1:0] : token[CA-1:0]),
      .wr_data(score_here ? {in_v_shift, score} : {weight_shift, weight}),
      .rd_en((state == WEIGH && step == 3'd0) || read_weight),
      .rd_addr(state == WEIGH ? token[CA-1:0] : seen[CA-1:0]),
      .rd_data(score_data)
  );

  // Pass 2: sums of p v

  reg signed [17:0] p;
  reg [4:0] v_moves;           // h less the token's shift
  reg signed [15:0] v_1;
  reg signed [33:0] term_2;
  reg signed [47:0] sum_2;
  reg signed [47:0] sum_3;
  reg [8:0] at_1;
  reg [8:0] at_2;
  reg [8:0] at_3;
  reg add_3;
  wire [47:0] sum_data;
  wire signed [33:0] moved_2 = term_2 >>> v_moves;

  sterna_ram #(
      .WIDTH(48),
      .DEPTH(256),
      .OLD_DATA(0)
  ) sums (
      .clk(clk),
      .wr_en(add_3),
      .wr_addr(at_3[7:0]),
      .wr_data(sum_3),
      .rd_en((take_unit && state == V_RUN) || (state == RESULT && step == 3'd0)),
      .rd_addr(at[7:0]),
      .rd_data(sum_data)
  );

  // Division by L

  reg [5:0] total_bits;
  integer i;

  always @* begin
    total_bits = 6'd0;
    for (i = 0; i < 32; i = i + 1) if (total[i]) total_bits = i[5:0] + 6'd1;
  end

  wire [5:0] total_moves = total_bits - 6'd16;
  wire [31:0] top = total >> total_moves;
  wire divided;
  wire dividing;
  wire [16:0] reciprocal;

  sterna_divide #(
      .NUM (32),
      .DEN (16),
      .QUOT(17)
  ) divide (
      .clk(clk),
      .rst(rst),
      .start(state == DIVIDE && step == 3'd0),
      .num(32'h80000000),
      .den(top[15:0]),
      .busy(dividing),
      .done(divided),
      .quot(reciprocal)
  );

  wire [5:0] sum_moves = total_bits - 6'd15;
  wire [5:0] result_moves = 6'd30 - {1'b0, most_shift};
  wire signed [47:0] sum_moved = $signed(sum_data) >>> sum_moves;
  reg signed [31:0] mean;
  reg signed [49:0] scaled_mean;
  wire signed [49:0] half = 50'sd1 <<< (result_moves - 6'd1);
  wire signed [49:0] result = (scaled_mean + half) >>> result_moves;
  localparam signed [49:0] TOP = 50'sd1073741823;  // 2^30 - 1
  wire signed [49:0] clamped = result > TOP ? TOP : result < -TOP ? -TOP : result;

  // Vector memory

  wire [19:0] from = of_k ? k_at : of_v ? v_at : q_at;
  wire reads = peaking || ((putting || state == Q_PUT) && step == 3'd0);
  assign vector_read  = reads && at < dim;
  assign vector_write = state == RESULT && step == 3'd3;
  assign vector_addr  = (state == RESULT ? target : from) + head_at + {11'd0, at};
  assign vector_value = clamped[31:0];

  // Order of things

  reg peak_1;                  // an element of a head arrives
  wire peak_end = peaking && at == dim && !peak_1;

  always @(posedge clk) begin
    peak_1 <= peaking && at < dim;
    if (peak_1 && magnitude[29:0] > peak) peak <= magnitude[29:0];

    case (state)
      IDLE:
      if (start) begin
        state <= K_PEAK;
        head <= 8'd0;
        head_at <= 20'd0;
        group_at <= 32'd0;
        token_at <= {16'd0, position} * {24'd0, record};
        at <= 9'd0;
        peak <= 30'd0;
      end
      K_PEAK, V_PEAK, Q_PEAK: begin
        if (at < dim) at <= at + 9'd1;
        step <= 3'd0;
        if (peak_end) begin
          at <= 9'd0;
          peak <= 30'd0;
          if (state == K_PEAK) begin
            k_shift <= peak_shift;
            state <= V_PEAK;
          end else if (state == V_PEAK) begin
            v_shift <= peak_shift;
            state <= K_PUT;
            out_units <= {UNIT{1'b0}};
            out_at <= keys_at + group_at + token_at;
            record_end <= 1'b0;
          end else begin
            q_shift <= peak_shift;
            state <= Q_PUT;
          end
        end
      end
      // An element is read, becomes a unit, and a full beat leaves; behind the shifts come zeros.
      K_PUT, V_PUT:
      case (step)
        3'd0: step <= 3'd1;
        3'd1: begin
          out_beat <= {record_end ? 16'd0 : unit, out_beat[8*BEAT-1:16]};
          out_units <= out_units + 1'b1;
          if (!at_shifts) at <= at + 9'd1;
          else record_end <= 1'b1;
          step <= 3'd2;
        end
        default:
        if (!out_full || put_ready) begin
          step <= 3'd0;
          if (out_full) begin
            out_units <= {UNIT{1'b0}};
            out_at <= out_at + 32'd1;
            if (record_end) begin
              at <= 9'd0;
              record_end <= 1'b0;
              out_at <= values_at + group_at + token_at;
              if (state == K_PUT) state <= V_PUT;
              else if (last_kv) state <= SETTLE;
              else begin
                state <= K_PEAK;
                head <= head + 8'd1;
                head_at <= head_at + {11'd0, dim};
                group_at <= group_at + stride;
              end
            end
          end
        end
      endcase
      SETTLE:
      if (!put_busy) begin
        state <= Q_PEAK;
        head <= 8'd0;
        in_group <= 8'd0;
        head_at <= 20'd0;
        group_at <= 32'd0;
        token_at <= {16'd0, first_token} * {24'd0, record};
      end
      Q_PUT: begin
        step <= step == 3'd0 ? 3'd1 : 3'd0;
        if (step == 3'd1) begin
          at <= last_element ? 9'd0 : at + 9'd1;
          if (last_element) state <= K_ASK;
        end
      end
      K_ASK:
      if (ask_granted) begin
        state <= K_RUN;
        largest <= -32'sd1073741823;
        most_shift <= 5'd0;
      end
      K_RUN:
      if (scored == seen && all_seen) begin
        state <= WEIGH;
        step <= 3'd0;
        token <= {CA + 1{1'b0}};
        total <= 32'd0;
      end
      // 0 read, 2 and 3 read the table, 6 write
      WEIGH: begin
        step <= step == 3'd6 ? 3'd0 : step + 3'd1;
        case (step)
          3'd1: below <= largest - score_data[31:0];
          3'd3: low <= table_data;
          3'd4: rise <= table_data - low;
          3'd5: power <= low + between;
          3'd6: begin
            total <= total + weight;
            token <= token + 1'b1;
            if (token_last) state <= V_ASK;
          end
          default: ;
        endcase
      end
      V_ASK: if (ask_granted) state <= V_RUN;
      // 0 read a weight, 1 take it, then its record
      V_RUN: begin
        if (!weighted && !all_seen) begin
          step <= step + 3'd1;
          if (step == 3'd1) begin
            p <= {1'b0, score_data[16:0]};
            v_moves <= most_shift - weight_shift;
            weighted <= 1'b1;
            step <= 3'd0;
          end
        end
        if (all_seen && products == 3'd0) begin
          state <= DIVIDE;
          step  <= 3'd0;
        end
      end
      DIVIDE: begin
        step <= 3'd1;
        if (divided) begin
          state <= RESULT;
          step  <= 3'd0;
        end
      end
      RESULT: begin
        step <= step == 3'd3 ? 3'd0 : step + 3'd1;
        if (step == 3'd1) mean <= sum_moved[31:0];
        if (step == 3'd2) scaled_mean <= mean * $signed({1'b0, reciprocal});
        if (step == 3'd3) begin
          at <= last_element ? 9'd0 : at + 9'd1;
          if (last_element) begin
            head <= head + 8'd1;
            head_at <= head_at + {11'd0, dim};
            state <= last_head ? IDLE : Q_PEAK;
            in_group <= in_group + 8'd1;
            if (in_group == shared - 8'd1) begin
              in_group <= 8'd0;
              group_at <= group_at + stride;
            end
          end
        end
      end
      default: state <= IDLE;
    endcase

    // Units of records

    if (ask_valid) begin
      seen <= {CA + 1{1'b0}};
      scored <= {CA + 1{1'b0}};
      in_units <= {UNIT{1'b0}};
      weighted <= 1'b0;
      raw <= 32'sd0;
      at <= 9'd0;
    end else if (beat_take && beat_valid) begin
      in_beat <= beat;
      in_units <= FULL;
    end else if (take_unit) begin
      in_beat <= in_beat >> 16;
      in_units <= at_shifts ? {UNIT{1'b0}} : in_units - 1'b1;
      at <= at_shifts ? 9'd0 : at + 9'd1;
      if (at_shifts) begin
        seen <= seen + 1'b1;
        weighted <= 1'b0;
        if (state == K_RUN) in_k_shift <= in_beat[4:0];
        if (state == K_RUN) in_v_shift <= in_beat[12:8];
      end
    end

    in_1 <= in_beat[15:0];
    products <= {products[1:0], take_unit && !at_shifts};
    ends <= {ends[0], take_unit && at_shifts && state == K_RUN};
    product_2 <= $signed(q_1) * $signed(in_1);
    if (products[1] && state == K_RUN) raw <= raw + (product_2 >>> 8);
    if (ends[1]) raw <= 32'sd0;
    scoring <= {scoring[5:1], ends[1]};
    if (score_here) begin
      scored <= scored + 1'b1;
      if ($signed(score) > largest) largest <= score;
      if (in_v_shift > most_shift) most_shift <= in_v_shift;
    end

    v_1 <= in_beat[15:0];
    at_1 <= at;
    at_2 <= at_1;
    at_3 <= at_2;
    term_2 <= p * v_1;
    sum_2 <= seen == {CA + 1{1'b0}} ? 48'sd0 : sum_data;
    sum_3 <= sum_2 + {{14{moved_2[33]}}, moved_2};
    add_3 <= products[1] && state == V_RUN;

    if (rst) begin
      state <= IDLE;
      step <= 3'd0;
      products <= 3'd0;
      ends <= 2'd0;
      scoring <= 6'd0;
      add_3 <= 1'b0;
      peak_1 <= 1'b0;
    end
  end

  wire unused = &{1'b0, dividing, magnitude[31:30], sum_moved[47:32], top[31:16], at_1[8], at_3[8],
                  clamped[49:32], below[31]};

endmodule

`default_nettype wire
