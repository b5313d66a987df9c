// A computer on a serial line as the host: it writes and reads registers, and fills the memory.
//
//   rx --> bytes --> [ command, address, data ] --> m_axil_*     tx <-- answers
//                                               \-> fill_*
//
// 8 data bits, no parity, one stop bit, DIVIDER clocks a bit. Numbers are little-endian.
//   57 ('W') address of 2 bytes, data of 4      writes a register; answers a byte: 0, or 2 refused
//   52 ('R') address of 2 bytes, 4 of anything  reads a register; answers 4 bytes and such a byte
//   4d ('M') word address of 4 bytes, words - 1 of 2 bytes, then the words of 2 bytes
//                                               fills the memory; answers a byte: 4d
// Other commands are ignored, so that zeros bring both sides together again. The next command
// waits for the answer. A word of memory must be taken before the next two bytes are here, which
// takes 20 bits: a memory is faster.
`default_nettype none

module sterna_uart_host #(
    parameter DIVIDER = 25,  // clocks a bit, 8 to 65,535
    parameter WORD    = 24   // bits of a word address, at most 32
) (
    input  wire            clk,
    input  wire            rst,
    input  wire            rx,
    output wire            tx,
    // AXI4-Lite
    output reg  [     8:0] m_axil_awaddr,
    output reg             m_axil_awvalid,
    input  wire            m_axil_awready,
    output reg  [    31:0] m_axil_wdata,
    output wire [     3:0] m_axil_wstrb,
    output reg             m_axil_wvalid,
    input  wire            m_axil_wready,
    input  wire [     1:0] m_axil_bresp,
    input  wire            m_axil_bvalid,
    output wire            m_axil_bready,
    output wire [     8:0] m_axil_araddr,
    output reg             m_axil_arvalid,
    input  wire            m_axil_arready,
    input  wire [    31:0] m_axil_rdata,
    input  wire [     1:0] m_axil_rresp,
    input  wire            m_axil_rvalid,
    output wire            m_axil_rready,
    // Memory
    output reg             fill_valid,
    input  wire            fill_ready,
    output reg  [WORD-1:0] fill_word,
    output reg  [    15:0] fill_data
);

  initial begin
    if (DIVIDER < 8 || DIVIDER > 65535 || WORD < 1 || WORD > 32) begin
      $display("Cannot build sterna_uart_host: DIVIDER %0d, WORD %0d", DIVIDER, WORD);
      $finish;
    end
  end

  localparam [15:0] BIT = DIVIDER[15:0] - 16'd1;
  localparam [15:0] HALF = DIVIDER[15:0] / 16'd2;

  // Bytes that come in: each bit is looked at in its middle.

  reg [2:0] line;
  reg [15:0] in_timer;
  reg [3:0] in_bits;  // still to come, the stop bit included
  reg [7:0] in_byte;
  reg in_valid;

  always @(posedge clk) begin
    line <= {line[1:0], rx};
    in_valid <= 1'b0;
    if (in_bits == 4'd0) begin
      if (line[2] && !line[1]) begin
        in_bits  <= 4'd10;
        in_timer <= HALF;
      end
    end else if (in_timer != 16'd0) begin
      in_timer <= in_timer - 16'd1;
    end else begin
      in_timer <= BIT;
      in_bits  <= in_bits - 4'd1;
      if (in_bits == 4'd10 && line[1]) in_bits <= 4'd0;  // a spike, not a start bit
      if (in_bits == 4'd1) in_valid <= line[1];
      else if (in_bits != 4'd10) in_byte <= {line[1], in_byte[7:1]};
    end
    if (rst) begin
      line <= 3'b111;
      in_bits <= 4'd0;
      in_valid <= 1'b0;
    end
  end

  // Commands

  localparam [7:0] WRITE = 8'h57;
  localparam [7:0] READ = 8'h52;
  localparam [7:0] FILL = 8'h4d;

  reg [47:0] body;
  reg [2:0] missing;  // bytes of the body
  reg filling;
  reg odd;  // the low half of a word is here
  reg [16:0] words;  // still to come
  reg [7:0] command;
  reg decode;

  assign m_axil_wstrb  = 4'hf;
  assign m_axil_bready = 1'b1;
  assign m_axil_rready = 1'b1;
  assign m_axil_araddr = m_axil_awaddr;

  always @(posedge clk) begin
    decode <= 1'b0;
    if (in_valid && filling) begin
      odd <= !odd;
      if (odd) begin
        fill_data <= {in_byte, body[47:40]};
        fill_valid <= 1'b1;
        words <= words - 17'd1;
        if (words == 17'd1) filling <= 1'b0;
      end
      body[47:40] <= in_byte;
    end else if (in_valid && missing != 3'd0) begin
      body <= {in_byte, body[47:8]};
      missing <= missing - 3'd1;
      decode <= missing == 3'd1;
    end else if (in_valid) begin
      command <= in_byte;
      if (in_byte == WRITE || in_byte == READ || in_byte == FILL) missing <= 3'd6;
    end

    if (fill_valid && fill_ready) begin
      fill_valid <= 1'b0;
      fill_word  <= fill_word + 1'b1;
    end

    if (decode) begin
      m_axil_awaddr <= body[8:0];
      m_axil_wdata  <= body[47:16];
      m_axil_awvalid <= command == WRITE;
      m_axil_wvalid <= command == WRITE;
      m_axil_arvalid <= command == READ;
      if (command == FILL) begin
        filling <= 1'b1;
        odd <= 1'b0;
        fill_word <= body[WORD-1:0];
        words <= {1'b0, body[47:32]} + 17'd1;
      end
    end
    if (m_axil_awready) m_axil_awvalid <= decode && command == WRITE;
    if (m_axil_wready) m_axil_wvalid <= decode && command == WRITE;
    if (m_axil_arready) m_axil_arvalid <= decode && command == READ;

    if (rst) begin
      missing <= 3'd0;
      filling <= 1'b0;
      fill_valid <= 1'b0;
      m_axil_awvalid <= 1'b0;
      m_axil_wvalid <= 1'b0;
      m_axil_arvalid <= 1'b0;
    end
  end

  // Answers: bytes behind one another, each with its start bit at the bottom, ones behind it.

  reg [39:0] answer;
  reg [2:0] answer_bytes;
  reg [9:0] out_frame;
  reg [3:0] out_bits;
  reg [15:0] out_timer;
  reg filled;  // the last word is on its way

  assign tx = out_frame[0];

  always @(posedge clk) begin
    if (in_valid && filling && odd && words == 17'd1) filled <= 1'b1;
    if (filled && fill_valid && fill_ready) begin
      filled <= 1'b0;
      answer[7:0] <= FILL;
      answer_bytes <= 3'd1;
    end
    if (m_axil_bvalid) begin
      answer[7:0] <= {6'd0, m_axil_bresp};
      answer_bytes <= 3'd1;
    end
    if (m_axil_rvalid) begin
      answer <= {6'd0, m_axil_rresp, m_axil_rdata};
      answer_bytes <= 3'd5;
    end
    out_timer <= out_timer - 16'd1;
    if (out_bits == 4'd0) begin
      if (answer_bytes != 3'd0) begin
        out_frame <= {1'b1, answer[7:0], 1'b0};
        out_bits <= 4'd10;
        out_timer <= BIT;
        answer <= answer >> 8;
        answer_bytes <= answer_bytes - 3'd1;
      end
    end else if (out_timer == 16'd0) begin
      out_frame <= {1'b1, out_frame[9:1]};
      out_bits <= out_bits - 4'd1;
      out_timer <= BIT;
    end
    if (rst) begin
      filled <= 1'b0;
      answer_bytes <= 3'd0;
      out_bits <= 4'd0;
      out_frame <= 10'h3ff;
    end
  end

endmodule

`default_nettype wire
