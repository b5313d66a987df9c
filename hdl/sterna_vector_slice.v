// What one vector has in the vector unit: LANES lanes with their memories, the scalar of each pass,
// and the tree that collects maxima and sums. sterna_vector has the control; the slices of several
// vectors do the same at the same time, on data of their own.
//
//   scalar --> [ factor, shift, alignment of the pass ] --> travel with the words --> lanes
//   lanes --> maximum, sum: a tree, one level a cycle
//
// A pass in turns (in_turns_7, in_turns_15) takes the state that is given instead of its own, and
// writes what is given: that of the slice whose turn it is.
// Signals are named after the cycle in which they count, see sterna_vector_lane.
`default_nettype none

module sterna_vector_slice #(
    parameter LANES        = 8,     // lanes, a power of two, 2 or more
    parameter VECTOR_WORDS = 4096,  // words of the vector memory, a power of two
    parameter STATE_WORDS  = 2048,  // words of the state memory, a power of two
    parameter CONST_ROWS   = 1024,  // words of a bank of the constant memory, a power of two
    parameter CONST_BANKS  = 2,     // banks of the constant memory, a power of two, at most 8
    parameter SHARED       = 0      // 1: there are other slices
) (
    input  wire                             clk,
    input  wire                             rst,
    input  wire                             en,
    // Begin of a pass
    input  wire                             start,
    input  wire                             start_narrow,  // magnitudes of 15 bits
    input  wire [                      2:0] start_y,
    input  wire [                      5:0] start_shift,
    input  wire [                      4:0] start_power,
    input  wire [                     15:0] scalar_m,
    input  wire [                     11:0] scalar_e,
    // Words
    input  wire                             read_a_0,
    input  wire [ $clog2(VECTOR_WORDS)-1:0] addr_a_0,
    input  wire [                      6:0] sigma_k_1,
    input  wire                             read_6,
    input  wire [ $clog2(VECTOR_WORDS)-1:0] addr_b_6,
    input  wire [  $clog2(STATE_WORDS)-1:0] addr_s_6,
    input  wire [   $clog2(CONST_ROWS)-1:0] addr_c_6,
    input  wire [                      2:0] bank_7,
    input  wire [                      2:0] x_7,
    input  wire [                      2:0] y_7,
    input  wire [                      1:0] z_7,
    input  wire                             in_turns_7,
    input  wire [             32*LANES-1:0] state_7,
    input  wire                             y_sigma_8,
    input  wire                             y_x_8,
    input  wire                             align_8_on,
    input  wire                             signed_14,
    input  wire                             write_v_15,
    input  wire [ $clog2(VECTOR_WORDS)-1:0] addr_v_15,
    input  wire                             write_s_15,
    input  wire [  $clog2(STATE_WORDS)-1:0] addr_w_15,
    input  wire                             in_turns_15,
    input  wire [             32*LANES-1:0] state_15,
    input  wire                             maximum_15,
    input  wire                             sum_15,
    output wire [              8*LANES-1:0] code_15,
    output wire [             32*LANES-1:0] result_15,
    // What was collected
    input  wire                             clear_maximum,
    input  wire                             clear_sum,
    output wire [                     29:0] maximum,
    output wire [                     47:0] sum,
    // Results of the matrix unit and of the block unit
    input  wire                             drain_write,
    input  wire [ $clog2(VECTOR_WORDS)-1:0] drain_addr,
    input  wire [             32*LANES-1:0] drain_data,
    input  wire [                LANES-1:0] block_write,
    input  wire [ $clog2(VECTOR_WORDS)-1:0] block_addr,
    input  wire [                     31:0] block_value,
    // Constants: bank b of lane l has bit b LANES + l, and 16 bits of data each
    input  wire [    CONST_BANKS*LANES-1:0] const_write,
    input  wire [   $clog2(CONST_ROWS)-1:0] const_addr,
    input  wire [ 16*CONST_BANKS*LANES-1:0] const_data,
    // Sigmoid table
    input  wire                             table_write,
    input  wire [                      8:0] table_addr,
    input  wire [                     26:0] table_data,
    // Host
    input  wire [                LANES-1:0] host_write_s,
    input  wire [  $clog2(STATE_WORDS)-1:0] host_addr,
    input  wire [                     31:0] host_data,
    output wire [             32*LANES-1:0] read_a_1,
    output wire [             32*LANES-1:0] read_s_7
);

  // The scalar of a pass

  wire scaled = start_y == 3'd4;
  wire up = !scalar_e[11];  // the scalar is m times a power of two of 1 or more
  wire [3:0] up_amount = scalar_e[10:4] != 7'd0 ? 4'd15 : scalar_e[3:0];
  wire [11:0] down = -scalar_e;
  wire [5:0] down_amount = down[11:6] != 6'd0 ? 6'd63 : down[5:0];

  reg [31:0] y_value;
  reg [5:0] shift;
  reg [4:0] align;

  always @(posedge clk) begin
    if (start) begin
      case (start_y)
        3'd4: y_value <= up ? {16'd0, scalar_m} << up_amount : {16'd0, scalar_m};
        3'd5: y_value <= 32'd1 << start_power;
        default: y_value <= {16'd0, scalar_m};
      endcase
      shift <= start_y == 3'd2 ? 6'd16 : !scaled ? start_shift : up ? 6'd0 : down_amount;
      align <= scalar_e[4:0] + {4'b1000, start_narrow};
    end
  end

  reg [32*7-1:0] to_7;
  reg [5*8-1:0] to_8;
  reg [6*9-1:0] to_9;

  always @(posedge clk) begin
    if (en) begin
      to_7 <= {to_7[32*6-1:0], y_value};
      to_8 <= {to_8[5*7-1:0], align};
      to_9 <= {to_9[6*8-1:0], shift};
    end
  end

  // Lanes

  wire [30*LANES-1:0] maxima;
  wire [48*LANES-1:0] sums;

  genvar l;
  genvar b;
  generate
    for (l = 0; l < LANES; l = l + 1) begin : lane
      wire [CONST_BANKS-1:0] write;
      wire [16*CONST_BANKS-1:0] data;
      for (b = 0; b < CONST_BANKS; b = b + 1) begin : bank
        assign write[b] = const_write[b*LANES+l];
        assign data[16*b+:16] = const_data[16*(b*LANES+l)+:16];
      end

      wire [31:0] own_7 = read_s_7[32*l+:32];
      wire [31:0] own_15 = result_15[32*l+:32];

      sterna_vector_lane #(
          .VECTOR_WORDS(VECTOR_WORDS),
          .STATE_WORDS (STATE_WORDS),
          .CONST_ROWS  (CONST_ROWS),
          .CONST_BANKS (CONST_BANKS)
      ) element (
          .clk(clk),
          .en(en),
          .read_a_0(read_a_0),
          .addr_a_0(addr_a_0),
          .sigma_k_1(sigma_k_1),
          .read_6(read_6),
          .addr_b_6(addr_b_6),
          .addr_s_6(addr_s_6),
          .addr_c_6(addr_c_6),
          .bank_7(bank_7),
          .x_7(x_7),
          .y_7(y_7),
          .z_7(z_7),
          .y_value_7(to_7[32*6+:32]),
          .state_7(SHARED != 0 && in_turns_7 ? state_7[32*l+:32] : own_7),
          .y_sigma_8(y_sigma_8),
          .y_x_8(y_x_8),
          .align_8_on(align_8_on),
          .align_8(to_8[5*7+:5]),
          .shift_9(to_9[6*8+:6]),
          .signed_14(signed_14),
          .write_v_15(write_v_15),
          .addr_v_15(addr_v_15),
          .write_s_15(write_s_15),
          .addr_w_15(addr_w_15),
          .state_15(SHARED != 0 && in_turns_15 ? state_15[32*l+:32] : own_15),
          .maximum_15(maximum_15),
          .sum_15(sum_15),
          .code_15(code_15[8*l+:8]),
          .result_15(result_15[32*l+:32]),
          .clear_maximum(clear_maximum || rst),
          .clear_sum(clear_sum || rst),
          .maximum(maxima[30*l+:30]),
          .sum(sums[48*l+:48]),
          .drain_write(drain_write || block_write[l]),
          .drain_addr(drain_write ? drain_addr : block_addr),
          .drain_data(drain_write ? drain_data[32*l+:32] : block_value),
          .const_write(write),
          .const_addr(const_addr),
          .const_data(data),
          .table_write(table_write),
          .table_addr(table_addr),
          .table_data(table_data),
          .host_write_s(host_write_s[l]),
          .host_addr(host_addr),
          .host_data(host_data),
          .read_a_1(read_a_1[32*l+:32]),
          .read_s_7(read_s_7[32*l+:32])
      );
    end
  endgenerate

  // What was collected: a tree over the lanes, one level a cycle

  wire [30*LANES*2-1:30] maximum_tree;
  wire [48*LANES*2-1:48] sum_tree;
  assign maximum_tree[30*LANES+:30*LANES] = maxima;
  assign sum_tree[48*LANES+:48*LANES] = sums;
  assign maximum = maximum_tree[30+:30];
  assign sum = sum_tree[48+:48];

  generate
    for (l = 1; l < LANES; l = l + 1) begin : node  // as in a heap: 2l and 2l + 1 are below l
      reg [29:0] larger;
      reg [47:0] both;
      wire [29:0] maximum0 = maximum_tree[30*(2*l)+:30];
      wire [29:0] maximum1 = maximum_tree[30*(2*l+1)+:30];
      always @(posedge clk) begin
        larger <= maximum0 > maximum1 ? maximum0 : maximum1;
        both   <= sum_tree[48*(2*l)+:48] + sum_tree[48*(2*l+1)+:48];
      end
      assign maximum_tree[30*l+:30] = larger;
      assign sum_tree[48*l+:48] = both;
    end
  endgenerate

  wire unused = &{1'b0, in_turns_7, state_7, in_turns_15, state_15};

endmodule

`default_nettype wire
