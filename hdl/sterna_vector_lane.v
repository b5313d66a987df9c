// One lane of the vector unit: its slices of the memories and the arithmetic of one element a
// cycle. sterna_vector has the control, all lanes do the same.
//
//   cycle   0           1 .. 7               8          9 .. 13       14         15
//        [ A read ] -> [ sigma ] ------------------> [ y ]
//              |-----> [ delay ] -> [ x mux ] -> [ align ] x [ y ] -> [ + z ] -> r -> write
//        [ B, constant, state read at 6 ] -> [ y mux ]
//
// Inputs are named after the cycle in which they count, where 0 is that of the address of A.
//   x: A, state, constant, A - state, abs(A) aligned by align_8, 65536 - B, 65536
//   y: constant, B, sigma(A), 65536 - B, y_value_7, x
//   r = clamp(sign * ((x y) >> shift_9, rounded) + z), z: nothing, B, state
// The vector memory is held twice, for two reads a cycle; results of the matrix unit come in
// through the same write port. maximum and sum collect the results of passes that ask for it.
// en low holds everything but the writes of constants and of the matrix unit. Nothing is reset but
// what is collected.
`default_nettype none

module sterna_vector_lane #(
    parameter VECTOR_WORDS = 4096,  // words of the vector memory, a power of two
    parameter STATE_WORDS  = 2048,  // words of the state memory, a power of two
    parameter CONST_ROWS   = 1024,  // words of a bank of the constant memory, a power of two
    parameter CONST_BANKS  = 2      // banks of the constant memory, a power of two, at most 8
) (
    input  wire                            clk,
    input  wire                            en,
    // Operands
    input  wire                            read_a_0,
    input  wire [$clog2(VECTOR_WORDS)-1:0] addr_a_0,
    input  wire [                     6:0] sigma_k_1,
    input  wire                            read_6,
    input  wire [$clog2(VECTOR_WORDS)-1:0] addr_b_6,
    input  wire [ $clog2(STATE_WORDS)-1:0] addr_s_6,
    input  wire [  $clog2(CONST_ROWS)-1:0] addr_c_6,
    input  wire [                     2:0] bank_7,
    // Arithmetic
    input  wire [                     2:0] x_7,
    input  wire [                     2:0] y_7,
    input  wire [                     1:0] z_7,
    input  wire [                    31:0] y_value_7,
    input  wire [                    31:0] state_7,        // what read_s_7 gave, or another's
    input  wire                            y_sigma_8,
    input  wire                            y_x_8,
    input  wire                            align_8_on,
    input  wire [                     4:0] align_8,
    input  wire [                     5:0] shift_9,
    input  wire                            signed_14,
    // Results
    input  wire                            write_v_15,
    input  wire [$clog2(VECTOR_WORDS)-1:0] addr_v_15,
    input  wire                            write_s_15,
    input  wire [ $clog2(STATE_WORDS)-1:0] addr_w_15,
    input  wire [                    31:0] state_15,       // what result_15 gives, or another's
    input  wire                            maximum_15,
    input  wire                            sum_15,
    output wire [                     7:0] code_15,
    output wire [                    31:0] result_15,
    // What was collected
    input  wire                            clear_maximum,
    input  wire                            clear_sum,
    output reg  [                    29:0] maximum,
    output reg  [                    47:0] sum,
    // Results of the matrix unit
    input  wire                            drain_write,
    input  wire [$clog2(VECTOR_WORDS)-1:0] drain_addr,
    input  wire [                    31:0] drain_data,
    // Constants
    input  wire [         CONST_BANKS-1:0] const_write,
    input  wire [  $clog2(CONST_ROWS)-1:0] const_addr,
    input  wire [      16*CONST_BANKS-1:0] const_data,
    // Sigmoid table
    input  wire                            table_write,
    input  wire [                     8:0] table_addr,
    input  wire [                    26:0] table_data,
    // The host, while the unit is idle: state writes, and reads through the operand ports
    input  wire                            host_write_s,
    input  wire [ $clog2(STATE_WORDS)-1:0] host_addr,
    input  wire [                    31:0] host_data,
    output wire [                    31:0] read_a_1,
    output wire [                    31:0] read_s_7
);

  localparam [31:0] ONE = 32'd65536;
  localparam signed [32:0] TOP = 33'sh03fffffff;  // 2^30 - 1
  localparam signed [32:0] BOTTOM = -TOP;

  reg [31:0] r_15;

  // Memories

  wire vector_write = drain_write || (write_v_15 && en);
  wire [$clog2(VECTOR_WORDS)-1:0] vector_addr = drain_write ? drain_addr : addr_v_15;
  wire [31:0] vector_data = drain_write ? drain_data : r_15;
  wire [31:0] a_1;
  wire [31:0] b_7;
  wire [31:0] s_7 = state_7;

  assign read_a_1  = a_1;
  assign result_15 = r_15;

  sterna_ram #(
      .WIDTH(32),
      .DEPTH(VECTOR_WORDS),
      .OLD_DATA(0)
  ) vector_a (
      .clk(clk),
      .wr_en(vector_write),
      .wr_addr(vector_addr),
      .wr_data(vector_data),
      .rd_en(read_a_0 && en),
      .rd_addr(addr_a_0),
      .rd_data(a_1)
  );

  sterna_ram #(
      .WIDTH(32),
      .DEPTH(VECTOR_WORDS),
      .OLD_DATA(0)
  ) vector_b (
      .clk(clk),
      .wr_en(vector_write),
      .wr_addr(vector_addr),
      .wr_data(vector_data),
      .rd_en(read_6 && en),
      .rd_addr(addr_b_6),
      .rd_data(b_7)
  );

  sterna_ram #(
      .WIDTH(32),
      .DEPTH(STATE_WORDS),
      .OLD_DATA(0)
  ) state (
      .clk(clk),
      .wr_en(host_write_s || (write_s_15 && en)),
      .wr_addr(host_write_s ? host_addr : addr_w_15),
      .wr_data(host_write_s ? host_data : state_15),
      .rd_en(read_6 && en),
      .rd_addr(addr_s_6),
      .rd_data(read_s_7)
  );

  wire [127:0] words_7;
  wire [15:0] word_7 = words_7[16*bank_7+:16];

  genvar i;
  generate
    for (i = 0; i < CONST_BANKS; i = i + 1) begin : bank
      sterna_ram #(
          .WIDTH(16),
          .DEPTH(CONST_ROWS),
          .OLD_DATA(0)
      ) weights (
          .clk(clk),
          .wr_en(const_write[i]),
          .wr_addr(const_addr),
          .wr_data(const_data[16*i+:16]),
          .rd_en(read_6 && en),
          .rd_addr(addr_c_6),
          .rd_data(words_7[16*i+:16])
      );
    end
    for (i = CONST_BANKS; i < 8; i = i + 1) begin : absent
      assign words_7[16*i+:16] = 16'd0;
    end
  endgenerate

  wire [31:0] c_7 = {{16{word_7[15]}}, word_7};

  // Operands

  wire [16:0] sigma_8;

  sterna_sigma sigma (
      .clk(clk),
      .en(en),
      .x(a_1),
      .k(sigma_k_1),
      .v(sigma_8),
      .table_wr_en(table_write),
      .table_wr_addr(table_addr),
      .table_wr_data(table_data)
  );

  reg [31:0] a_2;
  reg [31:0] a_3;
  reg [31:0] a_4;
  reg [31:0] a_5;
  reg [31:0] a_6;
  reg [31:0] a_7;
  reg [31:0] x_8;
  reg [31:0] y_8;
  reg [31:0] z_8;
  reg negative_8;
  reg signed [31:0] x_9;
  reg signed [31:0] y_9;
  reg [31:0] z_9;
  reg [31:0] z_10;
  reg [31:0] z_11;
  reg [31:0] z_12;
  reg [31:0] z_13;
  reg [31:0] z_14;
  reg [6:1] negative_later;  // from cycle 9 to 14

  wire [45:0] aligned_8 = {x_8[29:0], 16'd0} >> align_8;
  wire [31:0] x_next_9 = align_8_on ? {16'd0, aligned_8[15:0]} : x_8;

  always @(posedge clk) begin
    if (en) begin
      a_2 <= a_1;
      a_3 <= a_2;
      a_4 <= a_3;
      a_5 <= a_4;
      a_6 <= a_5;
      a_7 <= a_6;

      case (x_7)
        3'd0: x_8 <= a_7;
        3'd1: x_8 <= s_7;
        3'd2: x_8 <= c_7;
        3'd3: x_8 <= a_7 - s_7;
        3'd4, 3'd5: x_8 <= a_7[31] ? -a_7 : a_7;
        3'd6: x_8 <= ONE - b_7;
        default: x_8 <= ONE;
      endcase
      case (y_7)
        3'd0: y_8 <= c_7;
        3'd1: y_8 <= b_7;
        3'd3: y_8 <= ONE - b_7;
        default: y_8 <= y_value_7;
      endcase
      case (z_7)
        2'd1: z_8 <= b_7;
        2'd2: z_8 <= s_7;
        default: z_8 <= 32'd0;
      endcase
      negative_8 <= a_7[31];

      x_9 <= x_next_9;
      y_9 <= y_sigma_8 ? {15'd0, sigma_8} : y_x_8 ? x_next_9 : y_8;
      z_9 <= z_8;
      z_10 <= z_9;
      z_11 <= z_10;
      z_12 <= z_11;
      z_13 <= z_12;
      z_14 <= z_13;
      negative_later <= {negative_later[5:1], negative_8};
    end
  end

  // Result

  wire [31:0] p_14;

  sterna_vector_multiply multiply (
      .clk(clk),
      .en(en),
      .x(x_9),
      .y(y_9),
      .s(shift_9),
      .z(p_14)
  );

  wire minus_14 = signed_14 && negative_later[6];
  wire signed [32:0] signed_p_14 = {p_14[31], p_14} ^ {33{minus_14}};
  wire signed [32:0] sum_14 = signed_p_14 + {z_14[31], z_14} + {32'd0, minus_14};
  wire [30:0] size_15 = r_15[31] ? -r_15[30:0] : r_15[30:0];
  wire unused = &{1'b0, aligned_8[45:16], size_15[30]};

  assign code_15 = r_15[7:0];

  always @(posedge clk) begin
    if (en) begin
      if (sum_14 > TOP) r_15 <= TOP[31:0];
      else if (sum_14 < BOTTOM) r_15 <= BOTTOM[31:0];
      else r_15 <= sum_14[31:0];
      if (maximum_15 && size_15[29:0] > maximum) maximum <= size_15[29:0];
      if (sum_15) sum <= sum + {18'd0, r_15[29:0]};
    end
    if (clear_maximum) maximum <= 30'd0;
    if (clear_sum) sum <= 48'd0;
  end

endmodule

`default_nettype wire
