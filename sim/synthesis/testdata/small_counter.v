// Two counters, one in a module of its own, and a memory: small enough to synthesize in a second.
module small_counter (
    input  wire        clk,
    input  wire        rst,
    input  wire        step,
    output wire [15:0] count,
    output wire [ 7:0] word
);

  reg [7:0] got;
  assign word = got;
  reg [7:0] words[0:511];
  wire [15:0] inner;
  reg [15:0] outer;
  assign count = outer;

  small_inner unit (
      .clk(clk),
      .rst(rst),
      .step(step),
      .count(inner)
  );

  always @(posedge clk) begin
    outer <= outer + inner;
    if (step) words[inner[8:0]] <= outer[7:0];
    got <= words[outer[8:0]];
    if (rst) outer <= 16'd0;
  end

endmodule
