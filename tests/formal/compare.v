// What harnesses of pipelines share: moving a result to where the module gives it, and comparing.
`default_nettype none

// Compares what comes out, LATENCY edges after the start, and where counts is high; en is high all
// the time. What en low does is for simulation: it multiplies the work of a solver.
module formal_compare #(
    parameter WIDTH   = 32,
    parameter LATENCY = 6
) (
    input wire             clk,
    input wire             en,
    input wire [WIDTH-1:0] out,
    input wire [WIDTH-1:0] expected,
    input wire             counts
);

  reg [3:0] age = 4'd0;
  wire known = age == LATENCY;
  always @(posedge clk) if (!known) age <= age + 4'd1;

  always @* begin
    assume (en);
    if (known && counts) assert (out == expected);
  end

endmodule

// A result that appears DELAY enabled edges later.
module formal_delay #(
    parameter WIDTH = 32,
    parameter DELAY = 5
) (
    input  wire             clk,
    input  wire             en,
    input  wire [WIDTH-1:0] in,
    output wire [WIDTH-1:0] out
);

  reg [WIDTH*DELAY-1:0] line;
  wire [WIDTH*DELAY+WIDTH-1:0] next = {line, in};
  always @(posedge clk) if (en) line <= next[WIDTH*DELAY-1:0];
  assign out = line[WIDTH*(DELAY-1)+:WIDTH];

endmodule

`default_nettype wire
