// Cycle counters: counter i goes up by one in every cycle with events[i].
//
// clear empties all of them. Reads: the lower or upper half of counter read_addr / 2, in the cycle
// after read_addr.
`default_nettype none

module sterna_counters #(
    parameter COUNT = 12,  // counters, at most 16
    parameter WIDTH = 48   // bits of a counter, 33 to 64
) (
    input  wire             clk,
    input  wire             clear,
    input  wire [COUNT-1:0] events,
    input  wire [      4:0] read_addr,
    output reg  [     31:0] read_data
);

  initial begin
    if (COUNT < 1 || COUNT > 16 || WIDTH < 33 || WIDTH > 64) begin
      $display("Cannot build sterna_counters: COUNT %0d, WIDTH %0d", COUNT, WIDTH);
      $finish;
    end
  end

  wire [1023:0] halves;

  genvar i;
  generate
    for (i = 0; i < COUNT; i = i + 1) begin : counter
      reg [WIDTH-1:0] value;
      assign halves[64*i+:32] = value[31:0];
      assign halves[64*i+32+:32] = {{64 - WIDTH{1'b0}}, value[WIDTH-1:32]};
      always @(posedge clk) begin
        if (clear) value <= {WIDTH{1'b0}};
        else if (events[i]) value <= value + 1'b1;
      end
    end
    for (i = COUNT; i < 16; i = i + 1) begin : absent
      assign halves[64*i+:64] = 64'd0;
    end
  endgenerate

  always @(posedge clk) read_data <= halves[32*read_addr+:32];

endmodule

`default_nettype wire
