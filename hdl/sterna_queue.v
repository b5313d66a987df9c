// Short FIFO in registers: for instructions on their way to a unit, where a RAM would be too much.
//
//   in_* --> [ slot DEPTH-1 ] ... [ slot 1 ] [ slot 0 ] --> out_*
//
// Protocol: valid/ready; a word moves at an edge where both are high. A word enters the lowest free
// slot, and all move down when slot 0 leaves. in_ready and out_valid depend on no input.
// Latency: one edge. Throughput: one word a cycle. Only the count is reset.
`default_nettype none

module sterna_queue #(
    parameter WIDTH = 32,  // bits of a word, 1 or more
    parameter DEPTH = 4    // words, 1 or more
) (
    input  wire             clk,
    input  wire             rst,
    input  wire             in_valid,
    output wire             in_ready,
    input  wire [WIDTH-1:0] in_data,
    output wire             out_valid,
    input  wire             out_ready,
    output wire [WIDTH-1:0] out_data
);

  initial begin
    if (WIDTH < 1 || DEPTH < 1) begin
      $display("Cannot build sterna_queue: WIDTH %0d, DEPTH %0d", WIDTH, DEPTH);
      $finish;
    end
  end

  reg [DEPTH-1:0] full;  // from slot 0 up

  wire push = in_valid && in_ready;
  wire pop = out_valid && out_ready;
  wire [DEPTH-1:0] after_pop = pop ? full >> 1 : full;
  wire [DEPTH:0] extended = {after_pop, 1'b1};

  assign in_ready  = !full[DEPTH-1];
  assign out_valid = full[0];

  always @(posedge clk) begin
    full <= push ? extended[DEPTH-1:0] : after_pop;
    if (rst) full <= {DEPTH{1'b0}};
  end

  wire [WIDTH*(DEPTH+1)-1:0] words;
  assign words[WIDTH*DEPTH+:WIDTH] = in_data;
  assign out_data = words[WIDTH-1:0];

  genvar i;
  generate
    for (i = 0; i < DEPTH; i = i + 1) begin : slot
      reg [WIDTH-1:0] word;
      assign words[WIDTH*i+:WIDTH] = word;
      always @(posedge clk) begin
        if (push && !after_pop[i]) word <= in_data;
        else if (pop) word <= words[WIDTH*(i+1)+:WIDTH];
      end
    end
  endgenerate

  wire unused = extended[DEPTH];

endmodule

`default_nettype wire
