// Index of the largest of a stream of signed 32-bit integers; the first one when several are equal.
//
//   in_data, LANES a word --> per lane: [largest so far, its word]
//                                  after finish, one lane a cycle --> [best, index] --> done
//
// clear (one cycle, not with in_valid) starts a stream. A word with in_valid holds the integers of
// indices LANES w to LANES w + LANES - 1, w counted from 0; lane l counts only when in_keep[l] is
// high, which leaves out the padding rows behind the last one. finish (one cycle, with the last
// word or later) ends the stream. There is no ready: a word is taken every cycle.
// Latency: done is high for one cycle, LANES + 1 edges after the edge of finish; index and best
// are valid with it and stay until the next finish. No word kept at all gives index 0, best 0.
// Until done, no in_valid, clear or finish may come.
`default_nettype none

module sterna_argmax #(
    parameter LANES = 8,  // integers a word, 1 or more
    parameter INDEX = 20  // bits of an index
) (
    input  wire                clk,
    input  wire                rst,
    input  wire                clear,
    input  wire                in_valid,
    input  wire [   LANES-1:0] in_keep,
    input  wire [32*LANES-1:0] in_data,
    input  wire                finish,
    output reg                 done,
    output reg  [   INDEX-1:0] index,
    output reg  [        31:0] best
);

  localparam COUNT = $clog2(LANES + 1);

  initial begin
    if (LANES < 1 || INDEX < 1 || INDEX > 32) begin
      $display("Cannot build sterna_argmax: LANES %0d, INDEX %0d", LANES, INDEX);
      $finish;
    end
  end

  // A lane holds the index of its own largest integer less its number, so that the lanes share
  // one counter and equal words compare equal.
  reg [INDEX-1:0] base;
  reg reducing;
  reg [COUNT-1:0] lane_left;
  reg [INDEX-1:0] lane;  // the one that lane 0 now holds
  reg [INDEX-1:0] best_base;
  reg found;

  // While reducing, every lane takes the content of the next one: lane 0 shows all in turn.
  wire [LANES:0] seen;
  wire [32*LANES+31:0] values;
  wire [INDEX*LANES+INDEX-1:0] bases;
  assign seen[LANES] = 1'b0;
  assign values[32*LANES+:32] = 32'd0;
  assign bases[INDEX*LANES+:INDEX] = {INDEX{1'b0}};

  genvar l;
  generate
    for (l = 0; l < LANES; l = l + 1) begin : each
      reg lane_seen;
      reg [31:0] lane_value;
      reg [INDEX-1:0] lane_base;
      wire [31:0] value = in_data[32*l+:32];

      assign seen[l] = lane_seen;
      assign values[32*l+:32] = lane_value;
      assign bases[INDEX*l+:INDEX] = lane_base;

      always @(posedge clk) begin
        if (reducing) begin
          lane_seen  <= seen[l+1];
          lane_value <= values[32*(l+1)+:32];
          lane_base  <= bases[INDEX*(l+1)+:INDEX];
        end else if (clear) begin
          lane_seen <= 1'b0;
        end else if (in_valid && in_keep[l]) begin
          if (!lane_seen || $signed(value) > $signed(lane_value)) begin
            lane_seen  <= 1'b1;
            lane_value <= value;
            lane_base  <= base;
          end
        end
        if (rst) lane_seen <= 1'b0;
      end
    end
  endgenerate

  wire [31:0] value0 = values[31:0];
  wire [INDEX-1:0] base0 = bases[INDEX-1:0];
  wire above = $signed(value0) > $signed(best);
  wire earlier = value0 == best && base0 < best_base;

  always @(posedge clk) begin
    done <= reducing && lane_left == 0;
    if (clear) base <= {INDEX{1'b0}};
    else if (in_valid) base <= base + LANES[INDEX-1:0];
    if (finish) begin
      reducing <= 1'b1;
      lane_left <= LANES[COUNT-1:0];
      lane <= {INDEX{1'b0}};
      found <= 1'b0;
      index <= {INDEX{1'b0}};
      best <= 32'd0;
    end else if (reducing) begin
      if (lane_left == 0) reducing <= 1'b0;
      lane_left <= lane_left - 1'b1;
      lane <= lane + 1'b1;
      if (seen[0] && (!found || above || earlier)) begin
        found <= 1'b1;
        best <= value0;
        best_base <= base0;
        index <= base0 + lane;
      end
    end
    if (rst) begin
      reducing <= 1'b0;
      done <= 1'b0;
    end
  end

endmodule

`default_nettype wire
