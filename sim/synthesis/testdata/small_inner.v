// A counter of sixteen bits.
module small_inner (
    input  wire        clk,
    input  wire        rst,
    input  wire        step,
    output reg  [15:0] count
);

  always @(posedge clk) begin
    if (step) count <= count + 16'd1;
    if (rst) count <= 16'd0;
  end

endmodule
