// Harnesses of the modules that only pass words on; what they have to keep is in streams_rules.v.
// Reset may come in any cycle, words and pauses as they like.
`default_nettype none

module formal_skid #(
    parameter WIDTH = 4
) (
    input wire             clk,
    input wire             rst_at,
    input wire             in_valid,
    input wire [WIDTH-1:0] in_data,
    input wire             out_ready
);

  reg started = 1'b0;
  always @(posedge clk) started <= 1'b1;
  wire rst = !started || rst_at;

  wire in_ready;
  wire out_valid;
  wire [WIDTH-1:0] out_data;
  wire [7:0] inside;
  wire push = in_valid && in_ready;
  wire pop = out_valid && out_ready;

  sterna_skid #(
      .WIDTH(WIDTH)
  ) dut (
      .clk(clk),
      .rst(rst),
      .in_valid(in_valid),
      .in_ready(in_ready),
      .in_data(in_data),
      .out_valid(out_valid),
      .out_ready(out_ready),
      .out_data(out_data)
  );

  formal_order #(
      .WIDTH(WIDTH),
      .CAPACITY(2)
  ) order (
      .clk(clk),
      .rst(rst),
      .push(push),
      .in_data(in_data),
      .out_valid(out_valid),
      .pop(pop),
      .out_data(out_data),
      .inside(inside)
  );

  formal_hold #(
      .WIDTH(WIDTH)
  ) hold (
      .clk(clk),
      .rst(rst),
      .valid(out_valid),
      .ready(out_ready),
      .data(out_data)
  );

  always @* if (!rst && inside < 8'd2) assert (in_ready);

endmodule

module formal_queue #(
    parameter WIDTH = 3,
    parameter DEPTH = 3
) (
    input wire             clk,
    input wire             rst_at,
    input wire             in_valid,
    input wire [WIDTH-1:0] in_data,
    input wire             out_ready
);

  reg started = 1'b0;
  always @(posedge clk) started <= 1'b1;
  wire rst = !started || rst_at;

  wire in_ready;
  wire out_valid;
  wire [WIDTH-1:0] out_data;
  wire [7:0] inside;
  wire push = in_valid && in_ready;
  wire pop = out_valid && out_ready;

  sterna_queue #(
      .WIDTH(WIDTH),
      .DEPTH(DEPTH)
  ) dut (
      .clk(clk),
      .rst(rst),
      .in_valid(in_valid),
      .in_ready(in_ready),
      .in_data(in_data),
      .out_valid(out_valid),
      .out_ready(out_ready),
      .out_data(out_data)
  );

  formal_order #(
      .WIDTH(WIDTH),
      .CAPACITY(DEPTH)
  ) order (
      .clk(clk),
      .rst(rst),
      .push(push),
      .in_data(in_data),
      .out_valid(out_valid),
      .pop(pop),
      .out_data(out_data),
      .inside(inside)
  );

  formal_hold #(
      .WIDTH(WIDTH)
  ) hold (
      .clk(clk),
      .rst(rst),
      .valid(out_valid),
      .ready(out_ready),
      .data(out_data)
  );

  always @* if (!rst && inside < DEPTH) assert (in_ready);

endmodule

module formal_fifo #(
    parameter WIDTH = 2,
    parameter DEPTH = 2
) (
    input wire             clk,
    input wire             rst_at,
    input wire             in_valid,
    input wire [WIDTH-1:0] in_data,
    input wire             out_ready
);

  reg started = 1'b0;
  always @(posedge clk) started <= 1'b1;
  wire rst = !started || rst_at;

  wire in_ready;
  wire out_valid;
  wire [WIDTH-1:0] out_data;
  wire [$clog2(DEPTH):0] level;
  wire [7:0] inside;
  wire push = in_valid && in_ready;
  wire pop = out_valid && out_ready;

  sterna_fifo #(
      .WIDTH(WIDTH),
      .DEPTH(DEPTH)
  ) dut (
      .clk(clk),
      .rst(rst),
      .in_valid(in_valid),
      .in_ready(in_ready),
      .in_data(in_data),
      .out_valid(out_valid),
      .out_ready(out_ready),
      .out_data(out_data),
      .level(level)
  );

  formal_order #(
      .WIDTH(WIDTH),
      .CAPACITY(DEPTH + 1),
      .LATE(1)
  ) order (
      .clk(clk),
      .rst(rst),
      .push(push),
      .in_data(in_data),
      .out_valid(out_valid),
      .pop(pop),
      .out_data(out_data),
      .inside(inside)
  );

  formal_hold #(
      .WIDTH(WIDTH)
  ) hold (
      .clk(clk),
      .rst(rst),
      .valid(out_valid),
      .ready(out_ready),
      .data(out_data)
  );

  reg [7:0] inside_before;
  reg quiet;  // the last cycle was none of reset and nothing left in it
  always @(posedge clk) begin
    inside_before <= inside;
    quiet <= !rst && !pop;
  end

  always @* begin
    if (!rst) begin
      assert ({{8 - $clog2(DEPTH) - 1{1'b0}}, level} == inside);
      if (inside < DEPTH) assert (in_ready);
      // A word is on the output two edges after it entered.
      if (started && quiet && inside_before != 8'd0) assert (out_valid);
    end
  end

endmodule

`default_nettype wire
