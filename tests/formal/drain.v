// What becomes of the sums of a product: which words they go to, scaled with what, and when.
`default_nettype none

// Stands for sterna_scale, which has a check of its own: as late, and what it is given comes out.
module sterna_scale (
    input  wire               clk,
    input  wire               en,
    input  wire signed [31:0] x,
    input  wire        [15:0] m,
    input  wire signed [11:0] e,
    output wire        [31:0] z
);

  reg [32*6-1:0] line;
  always @(posedge clk) if (en) line <= {line[32*5-1:0], m[7:0], e[7:0], x[15:0]};
  assign z = line[32*5+:32];

endmodule

// One product after the other may be offered, all the same one. A sum is the number of its word. A
// scalar is right only where it was read while its mark was set.
module formal_drain (
    input wire        clk,
    input wire        in_valid,
    input wire        hold_at,
    input wire        mark,
    input wire        logits_ready,
    input wire [15:0] wrong
);

  localparam LANES = 2;

  (* anyconst *) wire [2:0] rows;
  (* anyconst *) wire [14:0] addr;
  (* anyconst *) wire [2:0] token;
  (* anyconst *) wire [4:0] register;
  (* anyconst *) wire head;

  reg started = 1'b0;
  always @(posedge clk) started <= 1'b1;
  wire rst = !started;

  wire in_ready;
  wire idle;
  wire resting;
  wire hold_shift;
  wire hold_done;
  wire [4:0] scalar_addr;
  wire write;
  wire [14:0] write_addr;
  wire [32*LANES-1:0] write_data;
  wire [119:0] progress;
  wire logits_valid;
  wire [32*LANES-1:0] logits_data;
  wire [LANES-1:0] logits_keep;
  wire logits_last;
  wire stalled;
  wire largest_done;
  wire [19:0] largest_index;
  wire [31:0] largest;

  reg [5:0] shifts;  // words taken
  reg [5:0] outs;    // words that came out
  reg good;          // the scalar was read while its mark was set
  wire hold_full = hold_at && !rst;
  wire [31:0] marks = {31'd0, mark} << register;
  wire accept = in_valid && in_ready && !rst;

  sterna_drain #(
      .ROWS(4),
      .LANES(LANES),
      .ACC(8)
  ) dut (
      .clk(clk),
      .rst(rst),
      .in_valid(in_valid),
      .in_ready(in_ready),
      .in_rows({17'd0, rows}),
      .in_addr(addr),
      .in_token(token),
      .in_register(register),
      .in_head(head),
      .idle(idle),
      .resting(resting),
      .hold_full(hold_full),
      .hold_shift(hold_shift),
      .hold_done(hold_done),
      .hold_sums({2'd1, shifts, 2'd0, shifts}),
      .marks(marks),
      .scalar_addr(scalar_addr),
      .scalar_m(good ? 16'ha5 : wrong),
      .scalar_e(good ? 12'h5a : wrong[11:0]),
      .write(write),
      .write_addr(write_addr),
      .write_data(write_data),
      .begin_valid(1'b0),
      .begin_token(3'd0),
      .progress(progress),
      .logits_valid(logits_valid),
      .logits_ready(logits_ready),
      .logits_data(logits_data),
      .logits_keep(logits_keep),
      .logits_last(logits_last),
      .stalled(stalled),
      .largest_done(largest_done),
      .largest_index(largest_index),
      .largest(largest)
  );

  wire logit = logits_valid && logits_ready;
  wire out = write || logit;
  wire [2:0] words = {1'b0, rows[2:1]} + {2'd0, rows[0]};
  reg [2:0] taken;   // words of this product that were taken
  reg [2:0] place;   // words of this product that came out
  reg [3:0] owed;    // products that were accepted and not taken to the end
  reg searching;     // the largest of a head's logits
  wire all_taken = hold_shift && taken == words - 3'd1;
  wire all_out = out && place == words - 3'd1;

  always @(posedge clk) begin
    good <= mark && scalar_addr == register;
    if (hold_shift) begin
      shifts <= shifts + 6'd1;
      taken  <= all_taken ? 3'd0 : taken + 3'd1;
    end
    if (out) begin
      outs  <= outs + 6'd1;
      place <= all_out ? 3'd0 : place + 3'd1;
    end
    owed <= owed + {3'd0, accept} - {3'd0, all_taken};
    if (logit && logits_last) searching <= 1'b1;
    else if (largest_done) searching <= 1'b0;
    if (rst) begin
      shifts <= 6'd0;
      outs <= 6'd0;
      taken <= 3'd0;
      place <= 3'd0;
      owed <= 4'd0;
      searching <= 1'b0;
    end
  end

  wire [31:0] first = head ? logits_data[31:0] : write_data[31:0];
  wire [31:0] second = head ? logits_data[63:32] : write_data[63:32];

  always @* begin
    assume (rows != 3'd0 && rows <= 3'd6);
    if (!rst) begin
      // Sums are taken when they are there and a product is under way.
      if (hold_shift) assert (hold_full && owed != 4'd0);
      assert (hold_done == (hold_shift && (taken[0] || all_taken)));
      assert (owed <= 4'd5);
      // Each comes out once, in order, scaled with the scalar that its mark was for.
      assert (outs <= shifts && shifts - outs <= 6'd6);
      if (write) assert (!head && write_addr == addr + {12'd0, place});
      if (logits_valid) begin
        assert (head && !searching);
        assert (logits_keep == (rows == {place[1:0], 1'b0} + 3'd1 ? 2'd1 : 2'd3));
        assert (logits_last == (place == words - 3'd1));
      end
      if (write || logits_valid) begin
        assert (first == {8'ha5, 8'h5a, 10'd0, outs});
        assert (second == {8'ha5, 8'h5a, 8'd0, 2'd1, outs});
      end
      assert (stalled == 1'b0 || head);
      assert (progress[15*token+:15] == (head ? 15'd0 : {9'd0, outs}));
      // Rest
      if (idle) assert (owed == 4'd0 && outs == shifts && !searching);
      if (resting) assert (outs == shifts && (owed == 4'd0 || !mark));
      if (largest_done) assert (searching && largest_index < {17'd0, rows});
    end
  end

  wire unused = &{1'b0, largest};

  formal_hold #(
      .WIDTH(64 + LANES + 1)
  ) hold (
      .clk(clk),
      .rst(rst),
      .valid(logits_valid),
      .ready(logits_ready),
      .data({logits_data, logits_keep, logits_last})
  );

endmodule

`default_nettype wire
