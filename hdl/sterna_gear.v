// Turns beats into fields of any number of 16-bit units, for what is not cut at beats: block
// weights with their scales, mantissas of a cache, tables.
//
//   beat --> [ hold: a beat and up to 7 units ] --> out_data, the lowest 8 units
//              ^ shifted down by `use_units`
//
// A beat is taken when less than 8 units are left, so that a field of 8 is there every cycle if the
// beats are wide enough. level says how many units are held; use_units (0 to 8, at most level)
// drops so many at the edge. partial counts what is left of a beat that was begun: a user whose
// records end at beats drops that much behind a record. clear empties it.
// Latency: one edge from a beat to out_data.
`default_nettype none

module sterna_gear #(
    parameter BEAT = 16  // bytes of a beat: 4 to 128, a power of two
) (
    input  wire                         clk,
    input  wire                         clear,
    // Beats; beat_take only while want is high
    input  wire                         want,
    input  wire                         beat_valid,
    output wire                         beat_take,
    input  wire [           8*BEAT-1:0] beat,
    // Fields
    output wire [                127:0] out_data,
    output reg  [$clog2(BEAT/2+8)-1:0]  level,
    output wire [    $clog2(BEAT)-2:0]  partial,
    input  wire [                  3:0] use_units
);

  localparam UNITS = BEAT / 2;
  localparam LEVEL = $clog2(UNITS + 8);
  localparam [LEVEL-1:0] FULL = UNITS[LEVEL-1:0];
  localparam PARTIAL = $clog2(UNITS);

  initial begin
    if (BEAT < 4 || BEAT > 128 || (1 << PARTIAL) != UNITS) begin
      $display("Cannot build sterna_gear: BEAT %0d", BEAT);
      $finish;
    end
  end

  reg [8*BEAT+127:0] hold;
  wire [LEVEL:0] rest = {1'b0, level} - {{LEVEL - 3{1'b0}}, use_units};
  wire [8*BEAT+127:0] placed = {128'd0, beat} << {rest[2:0], 4'd0};

  assign beat_take = want && beat_valid && rest[LEVEL:3] == {LEVEL - 2{1'b0}};
  assign out_data = hold[127:0];
  assign partial = level[PARTIAL-1:0];

  always @(posedge clk) begin
    hold  <= (hold >> {use_units, 4'd0}) | (beat_take ? placed : {8 * BEAT + 128{1'b0}});
    level <= rest[LEVEL-1:0] + (beat_take ? FULL : {LEVEL{1'b0}});
    if (clear) begin
      hold  <= {8 * BEAT + 128{1'b0}};
      level <= {LEVEL{1'b0}};
    end
  end

endmodule

`default_nettype wire
