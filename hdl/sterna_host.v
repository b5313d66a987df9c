// The host's view of the core: registers, windows into its memories, counters, interrupt.
//
//   AXI4-Lite --> sterna_axil --> registers
//                                 windows --> vector memory (read), state (read, write), scalars
//
// Byte addresses (R read, W write):
//   00 R  "STRN"                 04 R  image version << 16 | arithmetic version
//   08 W  command: 1 load, 2 start, 4 resume, 8 clear state, 16 stop (a load has to follow)
//   0c R  status: 1 running, 2 loaded, 4 loading, 8 at breakpoint and settled, 16 clearing state,
//         bits 15..8 error: 0 none, 1..5 see sterna_boot, 6 memory error, 7 bad instruction,
//         8 token outside the vocabulary, 9 start without a model, 10 no slice takes part
//   10,14 RW base of the image, a multiple of 4 KiB
//   18 RW token in               1c R  token out              20 R  its logit
//   24 RW interrupt enable       28 RW interrupt pending, write ones to clear
//         1 done, 2 error, 4 at breakpoint
//   2c RW breakpoint: bit 31 on, bits 15..0 instruction        30 R  instruction
//   34 RW window: bits 31..30 memory (0 vectors, 1 state, 2 scalars), 26..24 slice, 23..0 element
//   38 RW the window's element; each access moves on by one. Scalars: e << 16 | m
//   3c RW 1: logits are streamed out
//   40.. R bytes of a beat, trits of a byte, rows, lanes, then words: program, vector, state,
//          constant, code; 64 entries of the vocabulary, 68 logits
//   6c RW position of the token    70 R  multipliers, 74 mantissas, 78 tokens of a context
//   80.. R counters of the last token, low and high halves
// In builds with several slices of the vector unit (others read 0 there; 18, 1c, 20 are slice 0's):
//   7c R  slices                 100.. RW token in, a slice a word
//   120.. R token out            140.. R its logit
//   160 RW bits 7..0 slices that take part (1 after reset), which clear state clears;
//          bit 31: they hold consecutive tokens of one text, whose state is in slice 18..16
// Windows answer with an error while the program runs; other addresses read as 0.
`default_nettype none

module sterna_host #(
    parameter BEAT          = 64,    // bytes of a beat
    parameter TRITS         = 5,     // trits of a byte
    parameter ROWS          = 64,    // rows of a row group
    parameter LANES         = 8,     // lanes of the vector unit, a power of two, 2 or more
    parameter PROGRAM_WORDS = 1024,  // instructions
    parameter VECTOR_WORDS  = 4096,  // words of the vector memory
    parameter STATE_WORDS   = 2048,  // words of the state memory
    parameter CONST_WORDS   = 2048,  // words of the constant memory
    parameter CODE_WORDS    = 1024,  // words of the code memory
    parameter MULTIPLIERS   = 0,     // of the block unit, 0 without one
    parameter MANTISSAS     = 0,     // inputs of a block product
    parameter CONTEXT       = 0,     // tokens of a context
    parameter COUNTERS      = 12,    // counters
    parameter BATCH         = 1      // slices of the vector unit, a power of two, at most 8
) (
    input  wire                clk,
    input  wire                rst,
    // AXI4-Lite
    input  wire [         8:0] s_axil_awaddr,
    input  wire                s_axil_awvalid,
    output wire                s_axil_awready,
    input  wire [        31:0] s_axil_wdata,
    input  wire [         3:0] s_axil_wstrb,
    input  wire                s_axil_wvalid,
    output wire                s_axil_wready,
    output wire [         1:0] s_axil_bresp,
    output wire                s_axil_bvalid,
    input  wire                s_axil_bready,
    input  wire [         8:0] s_axil_araddr,
    input  wire                s_axil_arvalid,
    output wire                s_axil_arready,
    output wire [        31:0] s_axil_rdata,
    output wire [         1:0] s_axil_rresp,
    output wire                s_axil_rvalid,
    input  wire                s_axil_rready,
    output wire                irq,
    // Commands
    output reg                 load,
    output reg                 start,
    output reg                 resume,
    output reg                 stop,
    output reg  [        63:0] base,
    output wire [20*BATCH-1:0] tokens,       // by slice
    output wire [   BATCH-1:0] mask,
    output wire                turns,
    output wire [         2:0] home,
    output reg  [        15:0] position,
    output reg                 break_enable,
    output reg  [        15:0] break_addr,
    output reg                 stream_logits,
    // Status
    input  wire                running,
    input  wire                loaded,
    input  wire                loading,
    input  wire                settled,      // at a breakpoint, and nothing moves any more
    input  wire                done,
    input  wire [         2:0] boot_error,
    input  wire                bus_error,
    input  wire                bad_opcode,
    input  wire [        19:0] vocabulary,
    input  wire [        19:0] logit_count,
    input  wire [        15:0] program_counter,
    input  wire                largest_done,
    input  wire [20*BATCH-1:0] largest_index,
    input  wire [32*BATCH-1:0] largest,
    // Windows
    output wire                window_read,
    output wire                window_space,
    output wire [        15:0] window_addr,
    output wire [$clog2(LANES)-1:0] window_lane,
    output wire [         2:0] window_slice,
    output wire [LANES*BATCH-1:0] window_write,
    output wire [        31:0] window_data,
    input  wire [        31:0] window_value,
    output wire                scalar_read,
    output wire [         4:0] scalar_addr,
    input  wire [28*BATCH-1:0] scalar_value,
    // Counters
    input  wire [COUNTERS-1:0] events
);

  localparam LANE = $clog2(LANES);
  localparam SA = $clog2(STATE_WORDS);
  localparam [7:0] BUS_ERROR = 8'd6;
  localparam [7:0] BAD_OPCODE = 8'd7;
  localparam [7:0] BAD_TOKEN = 8'd8;
  localparam [7:0] NO_MODEL = 8'd9;
  localparam [7:0] NO_SLICE = 8'd10;

  wire wr_en;
  wire [6:0] wr_addr;
  wire [31:0] wr_data;
  wire [3:0] wr_strb;
  wire rd_en;
  wire [6:0] rd_addr;
  reg rd_ack;
  reg rd_error;
  reg [31:0] rd_data;
  reg wr_error;

  sterna_axil #(
      .ADDR(9)
  ) slave (
      .clk(clk),
      .rst(rst),
      .s_axil_awaddr(s_axil_awaddr),
      .s_axil_awvalid(s_axil_awvalid),
      .s_axil_awready(s_axil_awready),
      .s_axil_wdata(s_axil_wdata),
      .s_axil_wstrb(s_axil_wstrb),
      .s_axil_wvalid(s_axil_wvalid),
      .s_axil_wready(s_axil_wready),
      .s_axil_bresp(s_axil_bresp),
      .s_axil_bvalid(s_axil_bvalid),
      .s_axil_bready(s_axil_bready),
      .s_axil_araddr(s_axil_araddr),
      .s_axil_arvalid(s_axil_arvalid),
      .s_axil_arready(s_axil_arready),
      .s_axil_rdata(s_axil_rdata),
      .s_axil_rresp(s_axil_rresp),
      .s_axil_rvalid(s_axil_rvalid),
      .s_axil_rready(s_axil_rready),
      .wr_en(wr_en),
      .wr_addr(wr_addr),
      .wr_data(wr_data),
      .wr_strb(wr_strb),
      .wr_ack(1'b1),
      .wr_error(wr_error),
      .rd_en(rd_en),
      .rd_addr(rd_addr),
      .rd_ack(rd_ack),
      .rd_error(rd_error),
      .rd_data(rd_data)
  );

  // Commands and settings; a write counts as a whole word

  reg [19:0] token;
  reg [1:0] space;
  reg [27:0] element;
  reg [2:0] enable;
  reg [2:0] pending;
  reg [7:0] error;
  reg [19:0] token_out;
  reg [31:0] logit_out;
  reg was_settled;
  reg [7:0] error_before;
  reg refused;  // a start: says so each time, also where the error is the last one
  reg clearing;
  reg [SA-1:0] clear_addr;
  reg [3:0] reading;  // a window read, by its age in cycles

  wire command = wr_en && wr_addr == 7'h02;
  wire want_start = command && wr_data[1];
  wire others_fit;  // tokens of the other slices are in the vocabulary
  // While the memory's error stands, a start is refused: a load takes it away.
  wire can_start = loaded && !running && !clearing && token < vocabulary && others_fit &&
                   !bus_error &&
                   (BATCH == 1 || mask != {BATCH{1'b0}});
  wire at_window = wr_en && wr_addr == 7'h0e;
  // By the register: where settled comes from is late, and units start two cycles behind a resume.
  wire open = !running || was_settled;
  wire write_state = at_window && open && space == 2'd1;
  wire read_window = rd_en && rd_addr == 7'h0e && open;
  localparam LAST_STATE = STATE_WORDS - 1;
  localparam LAST_SLICE = BATCH - 1;
  localparam ALL_SLICES = (1 << BATCH) - 1;

  always @(posedge clk) begin
    load <= command && wr_data[0];
    start <= want_start && can_start;
    resume <= command && wr_data[2];
    stop <= (command && wr_data[4]) || (bus_error && running);
    wr_error <= at_window && !write_state;
    if (wr_en) begin
      case (wr_addr)
        7'h04: base[31:0] <= wr_data;
        7'h05: base[63:32] <= wr_data;
        7'h06: token <= wr_data[19:0];
        7'h40: if (BATCH > 1) token <= wr_data[19:0];
        7'h09: enable <= wr_data[2:0];
        7'h0b: {break_enable, break_addr} <= {wr_data[31], wr_data[15:0]};
        7'h0d: {space, element} <= {wr_data[31:30], wr_data[27:0]};
        7'h0f: stream_logits <= wr_data[0];
        7'h1b: if (MULTIPLIERS != 0) position <= wr_data[15:0];
        default: ;
      endcase
    end
    if (write_state || reading[3]) element <= element + 28'd1;

    was_settled <= settled;
    pending <= (pending & ~(wr_en && wr_addr == 7'h0a ? wr_data[2:0] : 3'd0)) |
               {settled && !was_settled, (error != 8'd0 && error_before == 8'd0) || refused, done};
    error_before <= error;
    refused <= want_start && !can_start;
    if (command && wr_data[0]) error <= 8'd0;
    else if (error == 8'd0 || want_start) begin
      if (want_start && can_start) error <= 8'd0;
      else if (want_start) error <= !loaded ? NO_MODEL :
                                    BATCH > 1 && mask == {BATCH{1'b0}} ? NO_SLICE : BAD_TOKEN;
      // A load has taken the last one's error away before boot has.
      if (boot_error != 3'd0 && !load) error <= {5'd0, boot_error};
      if (bad_opcode) error <= BAD_OPCODE;
      if (bus_error) error <= BUS_ERROR;
    end
    if (largest_done) token_out <= largest_index[19:0];
    if (largest_done) logit_out <= largest[31:0];

    if (command && wr_data[3] && !running) clearing <= 1'b1;
    else if (clearing && clear_addr == LAST_STATE[SA-1:0]) clearing <= 1'b0;
    clear_addr <= clearing ? clear_addr + 1'b1 : {SA{1'b0}};

    if (rst) begin
      load <= 1'b0;
      start <= 1'b0;
      resume <= 1'b0;
      stop <= 1'b0;
      base <= 64'd0;
      token <= 20'd0;
      position <= 16'd0;
      enable <= 3'd0;
      pending <= 3'd0;
      break_enable <= 1'b0;
      space <= 2'd0;
      element <= 28'd0;
      stream_logits <= 1'b0;
      error <= 8'd0;
      clearing <= 1'b0;
      was_settled <= 1'b0;
      error_before <= 8'd0;
      refused <= 1'b0;
      token_out <= 20'd0;
      logit_out <= 32'd0;
    end
  end

  assign irq = (pending & enable) != 3'd0;

  // Slices

  wire [31:0] of_slices;  // what registers of slices read

  generate
    if (BATCH > 1) begin : slices
      reg [7:0] part;
      reg in_turns;
      reg [2:0] at_home;
      wire [31:0] tokens_in[0:7];
      wire [31:0] tokens_out[0:7];
      wire [31:0] logits_out[0:7];
      wire [7:0] fit;

      assign mask = part[BATCH-1:0];
      assign turns = in_turns;
      assign home = at_home;
      assign others_fit = fit == 8'hff;
      assign of_slices = rd_addr == 7'h1f ? BATCH :
                         rd_addr == 7'h58 ? {in_turns, 12'd0, at_home, 8'd0, part} :
                         rd_addr[6:3] == 4'h8 ? tokens_in[rd_addr[2:0]] :
                         rd_addr[6:3] == 4'h9 ? tokens_out[rd_addr[2:0]] :
                         rd_addr[6:3] == 4'ha ? logits_out[rd_addr[2:0]] : 32'd0;

      always @(posedge clk) begin
        if (wr_en && wr_addr == 7'h58) begin
          part <= wr_data[7:0] & ALL_SLICES[7:0];
          at_home <= wr_data[18:16] & LAST_SLICE[2:0];
          in_turns <= wr_data[31];
        end
        if (rst) begin
          part <= 8'd1;
          at_home <= 3'd0;
          in_turns <= 1'b0;
        end
      end

      assign tokens[19:0] = token;
      assign tokens_in[0] = {12'd0, token};
      assign tokens_out[0] = {12'd0, token_out};
      assign logits_out[0] = logit_out;
      assign fit[0] = 1'b1;

      genvar b;
      for (b = 1; b < BATCH; b = b + 1) begin : slice
        localparam [2:0] HERE = b;
        reg [19:0] own;
        reg [19:0] own_out;
        reg [31:0] own_logit;
        assign tokens[20*b+:20] = own;
        assign tokens_in[b] = {12'd0, own};
        assign tokens_out[b] = {12'd0, own_out};
        assign logits_out[b] = own_logit;
        assign fit[b] = !part[b] || own < vocabulary;
        always @(posedge clk) begin
          if (wr_en && wr_addr == {4'h8, HERE}) own <= wr_data[19:0];
          if (largest_done) own_out <= largest_index[20*b+:20];
          if (largest_done) own_logit <= largest[32*b+:32];
          if (rst) begin
            own <= 20'd0;
            own_out <= 20'd0;
            own_logit <= 32'd0;
          end
        end
      end
      for (b = BATCH; b < 8; b = b + 1) begin : absent
        assign tokens_in[b] = 32'd0;
        assign tokens_out[b] = 32'd0;
        assign logits_out[b] = 32'd0;
        assign fit[b] = 1'b1;
      end
    end else begin : slice
      assign tokens = token;
      assign mask = 1'b1;
      assign turns = 1'b0;
      assign home = 3'd0;
      assign others_fit = 1'b1;
      assign of_slices = 32'd0;
    end
  endgenerate

  // Windows

  wire [23:0] element_word = element[23:0] >> LANE;
  wire [15:0] clear_word = {{16 - SA{1'b0}}, clear_addr};

  assign window_read  = read_window && !space[1];
  assign window_space = space[0];
  assign window_addr  = clearing ? clear_word : element_word[15:0];
  assign window_lane  = element[LANE-1:0];
  assign window_slice = BATCH > 1 ? element[26:24] & LAST_SLICE[2:0] : 3'd0;
  assign window_data  = clearing ? 32'd0 : wr_data;

  genvar s;
  generate
    for (s = 0; s < BATCH; s = s + 1) begin : writes
      localparam [2:0] HERE = s;
      wire here = write_state && (BATCH == 1 || window_slice == HERE);
      assign window_write[LANES*s+:LANES] = clearing ? {LANES{BATCH == 1 || mask[s]}} :
                                            {{LANES - 1{1'b0}}, here} << element[LANE-1:0];
    end
  endgenerate

  assign scalar_read  = read_window && space[1];
  assign scalar_addr  = element[4:0];

  // Reads

  wire [31:0] counted;
  reg [31:0] value;

  sterna_counters #(
      .COUNT(COUNTERS),
      .WIDTH(48)
  ) counters (
      .clk(clk),
      .clear(rst || start),
      .events(events),
      .read_addr(rd_addr[4:0]),
      .read_data(counted)
  );

  always @(posedge clk) begin
    case (rd_addr)
      7'h00: value <= 32'h4e525453;
      7'h01: value <= 32'h00010001;
      7'h03: value <= {16'd0, error, 3'd0, clearing, was_settled, loading, loaded, running};
      7'h04: value <= base[31:0];
      7'h05: value <= base[63:32];
      7'h06: value <= {12'd0, token};
      7'h07: value <= {12'd0, token_out};
      7'h08: value <= logit_out;
      7'h09: value <= {29'd0, enable};
      7'h0a: value <= {29'd0, pending};
      7'h0b: value <= {break_enable, 15'd0, break_addr};
      7'h0c: value <= {16'd0, program_counter};
      7'h0d: value <= {space, 2'd0, element};
      7'h0f: value <= {31'd0, stream_logits};
      7'h10: value <= BEAT;
      7'h11: value <= TRITS;
      7'h12: value <= ROWS;
      7'h13: value <= LANES;
      7'h14: value <= PROGRAM_WORDS;
      7'h15: value <= VECTOR_WORDS;
      7'h16: value <= STATE_WORDS;
      7'h17: value <= CONST_WORDS;
      7'h18: value <= CODE_WORDS;
      7'h19: value <= {12'd0, vocabulary};
      7'h1a: value <= {12'd0, logit_count};
      7'h1b: value <= {16'd0, position};
      7'h1c: value <= MULTIPLIERS;
      7'h1d: value <= MANTISSAS;
      7'h1e: value <= CONTEXT;
      default: value <= of_slices;
    endcase
    reading <= {reading[2:0], read_window};
    rd_ack <= reading[3] || (rd_en && !read_window);
    rd_error <= rd_en && rd_addr == 7'h0e && !open;
    if (rst) reading <= 4'd0;
    if (rst) rd_ack <= 1'b0;
  end

  reg from_window;
  reg from_scalar;

  always @(posedge clk) begin
    if (rd_en) from_window <= read_window;
    if (rd_en) from_scalar <= space[1];
  end

  always @* begin
    if (from_window && from_scalar) rd_data = {4'd0, scalar_value[28*window_slice+:28]};
    else if (from_window) rd_data = window_value;
    else if (rd_addr[6:5] == 2'b01) rd_data = counted;
    else rd_data = value;
  end

  wire unused = &{1'b0, wr_strb, element_word, element[27:24]};

endmodule

`default_nettype wire
