// Valid/ready around a pipeline with a clock enable, for the test benches: a beat that is accepted
// comes out LATENCY enabled edges later, and the pipeline stops while its last stage waits.
`default_nettype none

module bench_pipeline #(
    parameter LATENCY = 6  // stages, 2 or more
) (
    input  wire clk,
    input  wire rst,
    input  wire in_valid,
    output wire in_ready,
    output wire out_valid,
    input  wire out_ready,
    output wire en
);

  reg [LATENCY-1:0] stages;

  assign out_valid = stages[LATENCY-1];
  assign en = !out_valid || out_ready;
  assign in_ready = en;

  always @(posedge clk) begin
    if (en) stages <= {stages[LATENCY-2:0], in_valid};
    if (rst) stages <= {LATENCY{1'b0}};
  end

endmodule

`default_nettype wire
