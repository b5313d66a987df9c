// Integer square root, one bit a cycle: root = the largest integer whose square is at most v.
//
// start, at an edge where busy is low, takes v. busy is high for the 16 cycles after it, then done
// is high for one cycle with root, and root stays until the next start. start may come again in
// the cycle of done. start while busy is ignored.
// Latency: done rises 16 edges after the edge that takes start.
//
//   Two bits of v a cycle enter the remainder; 4 root + 1 is subtracted from it when it fits.
`default_nettype none

module sterna_isqrt (
    input  wire        clk,
    input  wire        rst,
    input  wire        start,
    input  wire [31:0] v,
    output reg         busy,
    output reg         done,
    output reg  [15:0] root
);

  reg [31:0] rest;
  reg [15:0] remainder;  // after a step at most 2 root; only the last one needs a 17th bit
  reg [3:0] step;

  wire [17:0] next = {remainder, rest[31:30]};
  wire [17:0] trial = {root, 2'b01};
  wire fits = next >= trial;
  wire [15:0] less = next[15:0] - trial[15:0];

  always @(posedge clk) begin
    if (start && !busy) begin
      rest <= v;
      remainder <= 16'd0;
      root <= 16'd0;
    end else if (busy) begin
      rest <= {rest[29:0], 2'b00};
      remainder <= fits ? less : next[15:0];
      root <= {root[14:0], fits};
    end
  end

  always @(posedge clk) begin
    done <= busy && step == 4'd15;
    if (busy) step <= step + 4'd1;
    if (busy && step == 4'd15) busy <= 1'b0;
    if (start && !busy) begin
      busy <= 1'b1;
      step <= 4'd0;
    end
    if (rst) begin
      busy <= 1'b0;
      done <= 1'b0;
    end
  end

endmodule

`default_nettype wire
