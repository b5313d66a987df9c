// Does what a testbench must survive: ends, stops, hangs, breaks the rule of its stream, and
// refuses a parameter the way the library's modules do.
`default_nettype none

module ill_behaved #(
    parameter DEPTH = 4  // 1 to 64
) (
    input  wire       clk,
    input  wire       finish,
    input  wire       stop,
    input  wire       hang,
    input  wire       drop,
    output reg        out_valid = 1'b0,
    input  wire       out_ready,
    output reg  [7:0] out_data = 8'd0
);

  initial begin
    if (DEPTH < 1 || DEPTH > 64) begin
      $display("DEPTH must be 1 to 64, is %0d", DEPTH);
      $finish;
    end
  end

  integer i;
  always @(posedge clk) begin
    if (finish) begin
      $display("finished with %0d", out_data);
      $finish;
    end
    if (stop) $stop;
    for (i = 0; i < 4; i = hang ? 0 : i + 1) begin
      if (hang && out_data == 8'd255) i = 3;
    end
  end

  always @(posedge clk) begin
    out_valid <= !drop || !out_valid || out_ready;
    if (out_valid && out_ready) out_data <= out_data + 8'd1;
  end

endmodule

`default_nettype wire
