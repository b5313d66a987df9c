// What a valid/ready stream has to keep.
`default_nettype none

// Follows one word that the solver picks: it comes out, once, after those that went in before it
// and before those that went in behind it. LATE: a word may stay inside while out_valid is low.
module formal_order #(
    parameter WIDTH    = 4,
    parameter CAPACITY = 2,
    parameter LATE     = 0
) (
    input  wire             clk,
    input  wire             rst,
    input  wire             push,
    input  wire [WIDTH-1:0] in_data,
    input  wire             out_valid,
    input  wire             pop,
    input  wire [WIDTH-1:0] out_data,
    output reg  [      7:0] inside
);

  (* anyconst *) wire [WIDTH-1:0] word;
  (* anyseq *) wire pick;
  reg picked;
  reg gone;
  reg [7:0] ahead;
  wire mark = pick && push && !picked;

  always @(posedge clk) begin
    inside <= inside + {7'd0, push} - {7'd0, pop};
    if (mark) begin
      picked <= 1'b1;
      ahead  <= inside - {7'd0, pop};
    end else if (picked && !gone && pop) begin
      if (ahead == 8'd0) gone <= 1'b1;
      ahead <= ahead - 8'd1;
    end
    if (rst) begin
      inside <= 8'd0;
      picked <= 1'b0;
      gone   <= 1'b0;
    end
  end

  always @* begin
    if (mark) assume (in_data == word);
    if (!rst) begin
      assert (inside <= CAPACITY);
      if (inside == 8'd0) assert (!out_valid);
      if (inside != 8'd0 && !LATE) assert (out_valid);
      if (picked && !gone && ahead == 8'd0 && out_valid) assert (out_data == word);
    end
  end

endmodule

// A word that is offered stays, unchanged, until it is taken.
module formal_hold #(
    parameter WIDTH = 4
) (
    input wire             clk,
    input wire             rst,
    input wire             valid,
    input wire             ready,
    input wire [WIDTH-1:0] data
);

  reg held;
  reg [WIDTH-1:0] was;

  always @(posedge clk) begin
    held <= valid && !ready && !rst;
    was  <= data;
  end

  // In the first cycle, which is one of reset, held is not known yet.
  always @* if (!rst && held) assert (valid && data == was);

endmodule

`default_nettype wire
