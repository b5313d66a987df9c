// Adds up a packet of numbers: takes beats on a valid/ready stream and gives one sum a packet.
// The sum is offered from the cycle after `in_last` was taken until it is taken itself; no beat
// is accepted meanwhile.
`default_nettype none

module example_accumulator #(
    parameter WIDTH = 16  // bits of a number, 1 to 31
) (
    input  wire                    clk,
    input  wire                    rst,
    input  wire                    in_valid,
    output wire                    in_ready,
    input  wire signed [WIDTH-1:0] in_data,
    input  wire                    in_last,
    output reg                     out_valid,
    input  wire                    out_ready,
    output wire signed [     31:0] out_data
);

  reg signed [31:0] sum;
  wire signed [31:0] wide = {{(32 - WIDTH) {in_data[WIDTH-1]}}, in_data};

  assign in_ready = !out_valid;
  assign out_data = sum;

  always @(posedge clk) begin
    if (in_valid && in_ready) sum <= sum + wide;
    if (out_valid && out_ready) sum <= 32'sd0;
    if (rst) sum <= 32'sd0;
  end

  always @(posedge clk) begin
    if (in_valid && in_ready && in_last) out_valid <= 1'b1;
    else if (out_ready) out_valid <= 1'b0;
    if (rst) out_valid <= 1'b0;
  end

endmodule

`default_nettype wire
