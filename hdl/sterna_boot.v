// Reads header, program and sigmoid table of an image into the memories of the core.
//
//   load --> flush the bus --> header, checked --> program and table --> loaded
//   beats --> [ beat ] --> 32-bit words --> [ header | 4 words of an instruction | table entry ]
//
// Layout of the image: see src/verilog/image.ts. The header says what the image was made for; if
// that is not this build, or more than it holds, error says why and loaded stays low:
//   1 no image, 2 other image version, 3 other arithmetic, 4 other shape, 5 too large
// flush is high while the bus is brought to rest; the rest of the core is held in reset by it.
// A word a cycle.
`default_nettype none

module sterna_boot #(
    parameter BEAT          = 64,    // bytes of a beat
    parameter TRITS         = 5,     // trits of a byte
    parameter ROWS          = 64,    // rows of a row group
    parameter LANES         = 8,     // lanes of the vector unit
    parameter PROGRAM_WORDS = 1024,  // instructions, a power of two
    parameter VECTOR_WORDS  = 4096,  // words of the vector memory
    parameter STATE_WORDS   = 2048,  // words of the state memory
    parameter CONST_WORDS   = 2048,  // words of the constant memory
    parameter CODE_WORDS    = 1024,  // words of the code memory
    parameter BLOCKS        = 0,     // 1: with a block unit
    parameter MANTISSAS     = 0,     // inputs of a block product
    parameter CONTEXT       = 0      // tokens of a context
) (
    input  wire                             clk,
    input  wire                             rst,
    input  wire                             load,
    input  wire                             unload,
    output wire                             loading,
    output reg                              loaded,
    output reg  [                      2:0] error,
    output wire                             flush,
    input  wire                             quiet,
    input  wire                             bus_error,
    // Reads
    output wire                             read_valid,
    input  wire                             read_granted,
    output wire [                     31:0] read_offset,
    output wire [                     31:0] read_beats,
    input  wire                             beat_valid,
    output wire                             beat_take,
    input  wire [               8*BEAT-1:0] beat,
    // What goes into memories
    output reg                              program_write,
    output reg  [$clog2(PROGRAM_WORDS)-1:0] program_addr,
    output reg  [                    127:0] program_data,
    output reg                              table_write,
    output reg  [                      8:0] table_addr,
    output reg  [                     26:0] table_data,
    // What the header says
    output reg  [                     31:0] row_offset,
    output reg  [                     15:0] row_beats,
    output reg  [                     19:0] row_count,
    output reg  [                     31:0] stream_offset,
    output reg  [                     31:0] stream_beats,
    output reg  [                     19:0] logit_count
);

  localparam [31:0] MAGIC = 32'h4e525453;  // "STRN"
  localparam [31:0] IMAGE_VERSION = 32'd1;
  localparam [31:0] ARITHMETIC_VERSION = 32'd1;
  localparam HEADER_WORDS = 32;
  localparam HEADER_BEATS = HEADER_WORDS * 4 / BEAT;
  localparam BEAT_WORDS = BEAT / 4;
  localparam COUNT = $clog2(BEAT_WORDS + 1);
  localparam PA = $clog2(PROGRAM_WORDS);

  localparam [2:0] IDLE = 3'd0;
  localparam [2:0] FLUSH = 3'd1;
  localparam [2:0] ASK_HEADER = 3'd2;
  localparam [2:0] HEADER = 3'd3;
  localparam [2:0] ASK_BODY = 3'd4;
  localparam [2:0] PROGRAM = 3'd5;
  localparam [2:0] TABLE = 3'd6;

  reg [2:0] state;
  reg [3:0] wait_count;
  reg [31:0] instructions;

  assign loading = state != IDLE;
  assign flush = state == FLUSH;
  assign read_valid = state == ASK_HEADER || state == ASK_BODY;
  assign read_offset = state == ASK_HEADER ? 32'd0 : HEADER_BEATS;
  wire [31:0] body_words = (instructions << 2) + 32'd512;
  wire [31:0] body_beats = (body_words + BEAT_WORDS - 1) / BEAT_WORDS;
  assign read_beats = state == ASK_HEADER ? HEADER_BEATS : body_beats;

  // A beat as words

  reg [8*BEAT-1:0] rest;
  reg [COUNT-1:0] words_left;
  localparam [COUNT-1:0] FULL = BEAT_WORDS[COUNT-1:0];
  wire reading = state == HEADER || state == PROGRAM || state == TABLE;
  wire word_valid = words_left != {COUNT{1'b0}} && reading;
  wire [31:0] word = rest[31:0];
  reg [31:0] index;  // of the word in its part

  assign beat_take = words_left <= 1;

  always @(posedge clk) begin
    if (beat_valid && beat_take) rest <= beat;
    else if (words_left != {COUNT{1'b0}}) rest <= rest >> 32;
    if (beat_valid && beat_take) words_left <= FULL;
    else if (words_left != {COUNT{1'b0}}) words_left <= words_left - 1'b1;
    if (rst || flush || state == ASK_BODY) words_left <= {COUNT{1'b0}};
  end

  wire header_end = index == HEADER_WORDS - 1;
  wire program_end = index == (instructions << 2) - 32'd1;
  wire table_end = index == 32'd511;
  reg [2:0] problem;

  always @(posedge clk) begin
    program_write <= 1'b0;
    table_write   <= 1'b0;
    if (word_valid) index <= index + 32'd1;
    case (state)
      FLUSH: begin
        wait_count <= wait_count - 4'd1;
        if (quiet && wait_count == 4'd0) state <= ASK_HEADER;
        else if (wait_count == 4'd0) wait_count <= 4'd1;
        index <= 32'd0;
        problem <= 3'd0;
      end
      ASK_HEADER: if (read_granted) state <= HEADER;
      HEADER:
      if (word_valid) begin
        case (index)
          32'd0: if (word != MAGIC) problem <= 3'd1;
          32'd1: if (word != IMAGE_VERSION && problem == 3'd0) problem <= 3'd2;
          32'd2: if (word != ARITHMETIC_VERSION && problem == 3'd0) problem <= 3'd3;
          32'd3: if (word != BEAT && problem == 3'd0) problem <= 3'd4;
          32'd4: if (word != TRITS && problem == 3'd0) problem <= 3'd4;
          32'd5: if (word != ROWS && problem == 3'd0) problem <= 3'd4;
          32'd6: if (word != LANES && problem == 3'd0) problem <= 3'd4;
          32'd7: begin
            instructions <= word;
            if ((word > PROGRAM_WORDS || word == 32'd0) && problem == 3'd0) problem <= 3'd5;
          end
          32'd8: if (word > VECTOR_WORDS && problem == 3'd0) problem <= 3'd5;
          32'd9: if (word > STATE_WORDS && problem == 3'd0) problem <= 3'd5;
          32'd10: if (word > CONST_WORDS && problem == 3'd0) problem <= 3'd5;
          32'd11: if (word > CODE_WORDS && problem == 3'd0) problem <= 3'd5;
          32'd12: row_offset <= word;
          32'd13: row_beats <= word[15:0];
          32'd14: row_count <= word[19:0];
          32'd15: stream_offset <= word;
          32'd16: stream_beats <= word;
          32'd17: logit_count <= word[19:0];
          32'd18: if (BLOCKS != 0 && word > MANTISSAS && problem == 3'd0) problem <= 3'd5;
          32'd19: if (BLOCKS != 0 && word > CONTEXT && problem == 3'd0) problem <= 3'd5;
          default: ;
        endcase
        if (header_end) begin
          index <= 32'd0;
          error <= problem;
          state <= problem == 3'd0 ? ASK_BODY : IDLE;
        end
      end
      ASK_BODY: if (read_granted) state <= PROGRAM;
      PROGRAM:
      if (word_valid) begin
        program_data <= {word, program_data[127:32]};
        program_addr <= index[PA+1:2];
        program_write <= index[1:0] == 2'd3;
        if (program_end) begin
          index <= 32'd0;
          state <= TABLE;
        end
      end
      TABLE:
      if (word_valid) begin
        table_data  <= word[26:0];
        table_addr  <= index[8:0];
        table_write <= 1'b1;
        if (table_end) begin
          loaded <= 1'b1;
          state  <= IDLE;
        end
      end
      default: ;
    endcase
    if (bus_error && reading) state <= IDLE;
    if (unload) loaded <= 1'b0;
    if (load) begin
      state <= FLUSH;
      wait_count <= 4'd3;
      loaded <= 1'b0;
      error <= 3'd0;
    end
    if (rst) begin
      state  <= IDLE;
      loaded <= 1'b0;
      error  <= 3'd0;
    end
  end

endmodule

`default_nettype wire
