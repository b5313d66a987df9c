// A 16-bit SDRAM as the pins see it, with the rules of its data sheet: commands in a wrong state or
// too early set broken, and say which.
//
// It samples commands at the rising edge of its own clock, which is the inverse of the design's,
// and so at the falling edge of clk. Bursts of one word, CAS latency 2 or 3 by its mode register.
// poke_* writes a word past the pins, so that a test need not send an image through a serial line.
`default_nettype none

module bench_sdram #(
    parameter COL = 9,
    parameter ROW = 13,
    parameter RCD = 1,
    parameter RP  = 1,
    parameter RAS = 3,
    parameter RFC = 4,
    parameter WR  = 2,
    parameter REFRESH = 390  // most clocks between refreshes, on the average
) (
    input  wire           clk,
    input  wire           rst,
    input  wire           ras_n,
    input  wire           cas_n,
    input  wire           we_n,
    input  wire [    1:0] ba,
    input  wire [ROW-1:0] a,
    input  wire [   15:0] dq_out,
    input  wire           dq_drive,
    output reg  [   15:0] dq_in,  // the register beside the pads
    input  wire           strict,  // the device is slower than its data sheet says
    input  wire           poke_valid,
    input  wire [   31:0] poke_word,
    input  wire [   15:0] poke_data,
    output reg  [    7:0] broken,  // the first rule that was broken, 0 for none
    output reg  [   31:0] refreshes
);

  reg [15:0] words[0:(1 << (COL + ROW + 2))-1];

  reg [3:0] open;
  reg [ROW-1:0] row[0:3];
  reg [31:0] opened[0:3];
  reg [31:0] written[0:3];
  reg [31:0] closed;
  reg [31:0] refreshed;
  reg [31:0] now;
  reg [2:0] latency;
  reg ready;
  reg [1:0] setup;  // refreshes before the mode register is set

  // Words on their way: at the pins latency clocks behind the command.
  reg [15:0] behind[0:2];
  reg [2:0] coming;
  wire [2:0] command = {ras_n, cas_n, we_n};
  wire [COL+ROW+1:0] place = {row[ba], ba, a[COL-1:0]};

  wire [31:0] rp = RP + {31'd0, strict};

  localparam [2:0] MODE = 3'b000;
  localparam [2:0] AUTO_REFRESH = 3'b001;
  localparam [2:0] PRECHARGE = 3'b010;
  localparam [2:0] ACTIVATE = 3'b011;
  localparam [2:0] WRITE = 3'b100;
  localparam [2:0] READ = 3'b101;

  task rule(input holds, input [7:0] number);
    if (!holds && broken == 8'd0) broken <= number;
  endtask

  integer b;
  always @(negedge clk) begin
    now <= now + 1;
    behind[0] <= words[place];
    behind[1] <= behind[0];
    behind[2] <= behind[1];
    coming <= {coming[1:0], command == READ};
    rule(now - refreshed < 9 * REFRESH || !ready, 8'd1);
    case (command)
      MODE: begin
        rule(open == 4'd0 && setup == 2'd2 && ba == 2'd0 && a[9] == 1'b0 && a[3:0] == 4'd0, 8'd2);
        latency <= a[6:4];
        ready <= 1'b1;
      end
      AUTO_REFRESH: begin
        rule(open == 4'd0 && now - closed >= rp && now - refreshed >= RFC, 8'd3);
        refreshed <= now;
        refreshes <= refreshes + 1;
        if (setup != 2'd2) setup <= setup + 1;
      end
      PRECHARGE: begin
        for (b = 0; b < 4; b = b + 1) begin
          rule(!open[b] || now - opened[b] >= RAS, 8'd4);
          rule(!open[b] || now - written[b] >= WR, 8'd5);
        end
        rule(a[10], 8'd6);
        open <= 4'd0;
        closed <= now;
      end
      ACTIVATE: begin
        rule(ready && !open[ba] && now - closed >= rp && now - refreshed >= RFC, 8'd7);
        open[ba] <= 1'b1;
        row[ba] <= a;
        opened[ba] <= now;
      end
      WRITE: begin
        rule(open[ba] && now - opened[ba] >= RCD && dq_drive && coming[1:0] == 2'd0, 8'd8);
        words[place] <= dq_out;
        written[ba] <= now;
      end
      READ: rule(open[ba] && now - opened[ba] >= RCD && !dq_drive, 8'd9);
      default: ;
    endcase
    if (poke_valid) words[poke_word[COL+ROW+1:0]] <= poke_data;
    if (rst) begin
      open <= 4'd0;
      now <= 32'd1000;
      closed <= 32'd0;
      refreshed <= 32'd0;
      refreshes <= 32'd0;
      ready <= 1'b0;
      setup <= 2'd0;
      coming <= 3'd0;
      broken <= 8'd0;
    end
  end

  // Driven from half a clock before the design's edge; anything at other times.
  wire given = latency == 3'd2 ? coming[1] : coming[2];
  wire [15:0] word = latency == 3'd2 ? behind[1] : behind[2];
  always @(posedge clk) dq_in <= given ? word : ~word;

  wire unused = &{1'b0, poke_word[31:COL+ROW+2], a[12:11]};

endmodule

`default_nettype wire
