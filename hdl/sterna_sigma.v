// sigma of the integer arithmetic: the sigmoid of x 2^e in Q16 by linear interpolation.
//
//   x -> [abs] -> [coarse shift] -> [t] -> [table] -> [delta r] -> [base + ] -> [sign] -> v
//   k -> [   ] -----------^----------^
//   edge   1            2            3        4           5            6           7
//
// x is a signed 32-bit integer, k = e + 13 its exponent against the grid of the table, -64 to 63,
// belonging to the x of the same edge. v is 0 to 65,536. t has 17 bits: c = t[16:8] is the table's
// address and r = t[7:0] the place between two entries. Entry c is {base, delta}, base = T[c] in
// bits 26..10 and delta = T[c + 1] - T[c] in bits 9..0 (at most 512).
// Latency: seven enabled edges. Throughput: one a cycle. en low holds the pipeline; the write port
// of the table does not depend on en. Nothing is reset.
//
// One right shift serves both signs of k: by 31 - k of abs(x) times 2^32, which leaves one bit for
// the rounding. k below -31 gives t = 0, as the arithmetic says.
`default_nettype none

module sterna_sigma (
    input  wire               clk,
    input  wire               en,
    input  wire signed [31:0] x,
    input  wire signed [ 6:0] k,
    output reg         [16:0] v,
    input  wire               table_wr_en,
    input  wire        [ 8:0] table_wr_addr,
    input  wire        [26:0] table_wr_data
);

  reg [31:0] size1;
  reg [5:0] amount1;  // 31 - k
  reg small1;  // t is 0
  reg large1;  // t is cut unless x is 0
  reg negative1;

  reg [32:0] coarse2;
  reg [3:0] fine2;
  reg over2;
  reg negative2;

  reg [16:0] t3;
  reg negative3;

  wire [26:0] entry4;
  reg [7:0] r4;
  reg negative4;

  reg [17:0] rise5;
  reg [16:0] base5;
  reg negative5;

  reg [16:0] value6;
  reg negative6;

  wire [32:0] moved2 = coarse2 >> fine2;
  wire [17:0] next2 = moved2[17:0] + 18'd1;  // twice t, before the cut
  wire cut2 = over2 || moved2[32:17] > 16'd1 || moved2[17:0] == 18'h3ffff;
  wire [17:0] next5 = rise5 + 18'd128;
  wire unused = &{1'b0, next2[0], next5[7:0]};

  always @(posedge clk) begin
    if (en) begin
      size1 <= x[31] ? -x : x;
      amount1 <= 6'd31 - k[5:0];
      small1 <= k[6] && (!k[5] || k[5:0] == 6'd32);  // k <= -32
      large1 <= !k[6] && k[5];  // k >= 32
      negative1 <= x[31];

      case ({small1, large1, amount1[5:4]})
        4'd0: begin
          coarse2 <= {size1[0], 32'd0};
          over2 <= size1[31:1] != 31'd0;
        end
        4'd1: begin
          coarse2 <= {size1[16:0], 16'd0};
          over2 <= size1[31:17] != 15'd0;
        end
        4'd2: begin
          coarse2 <= {1'b0, size1};
          over2 <= 1'b0;
        end
        4'd3: begin
          coarse2 <= {17'd0, size1[31:16]};
          over2 <= 1'b0;
        end
        default: begin
          coarse2 <= 33'd0;
          over2 <= large1 && size1 != 32'd0;
        end
      endcase
      fine2 <= amount1[3:0];
      negative2 <= negative1;

      t3 <= cut2 ? 17'h1ffff : next2[17:1];
      negative3 <= negative2;

      r4 <= t3[7:0];
      negative4 <= negative3;

      rise5 <= {8'd0, entry4[9:0]} * {10'd0, r4};
      base5 <= entry4[26:10];
      negative5 <= negative4;

      value6 <= base5 + {7'd0, next5[17:8]};
      negative6 <= negative5;

      v <= negative6 ? 17'd65536 - value6 : value6;
    end
  end

  sterna_ram #(
      .WIDTH(27),
      .DEPTH(512),
      .OLD_DATA(0)
  ) sigmoid (
      .clk(clk),
      .wr_en(table_wr_en),
      .wr_addr(table_wr_addr),
      .wr_data(table_wr_data),
      .rd_en(en),
      .rd_addr(t3[16:8]),
      .rd_data(entry4)
  );

endmodule

`default_nettype wire
