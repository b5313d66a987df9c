// What one vector has in the scalar unit: its registers, and the arithmetic on them. sterna_scalar
// has the control; the lanes of several vectors are in step.
//
//   read a, b --> [ multiply | add | normalise | square root | divide ] --> registers
//
// state is that of the control, and the operation stays as it is from IDLE to WRITE. run says that
// a root or a quotient is worked out because some lane's operand is not 0; a lane whose own is 0
// then gives 0 all the same. Its done comes in the same cycle in all lanes.
`default_nettype none

module sterna_scalar_lane #(
    parameter BLOCKS = 0,  // 1: with the operation that mantissas need
    parameter SHARED = 0   // 1: there are other lanes
) (
    input  wire        clk,
    input  wire        rst,
    // Control
    input  wire [ 2:0] state,
    input  wire [ 3:0] op,
    input  wire [ 4:0] addr_a,
    input  wire [ 4:0] addr_b,
    input  wire [ 4:0] addr_d,
    input  wire [15:0] immediate_m,
    input  wire [11:0] immediate_e,
    input  wire        read,
    input  wire        run,
    input  wire        divide_start,
    output wire        nonzero,       // in COMPUTE: the first operand is not 0
    output wire        root_done,
    output wire        divide_done,
    // What the vector unit collected
    input  wire [29:0] maximum,
    input  wire [47:0] sum,
    // Reads of the vector unit, the drain and the host
    input  wire        vector_read,
    input  wire [ 4:0] vector_addr,
    output wire [15:0] vector_m,
    output wire [11:0] vector_e,
    input  wire [ 4:0] drain_addr,
    output wire [15:0] drain_m,
    output wire [11:0] drain_e,
    input  wire        host_read,
    input  wire [ 4:0] host_addr,
    output wire [27:0] host_value
);

  localparam [3:0] OP_IMMEDIATE = 4'd0;
  localparam [3:0] OP_MULTIPLY = 4'd1;
  localparam [3:0] OP_MULTIPLY_IMMEDIATE = 4'd2;
  localparam [3:0] OP_ADD = 4'd3;
  localparam [3:0] OP_ADD_IMMEDIATE = 4'd4;
  localparam [3:0] OP_RSQRT = 4'd5;
  localparam [3:0] OP_MAXIMUM = 4'd6;
  localparam [3:0] OP_SUM = 4'd7;
  localparam [3:0] OP_RECIPROCAL = 4'd8;
  localparam [3:0] OP_SHIFT = 4'd9;

  localparam [2:0] READ = 3'd1;
  localparam [2:0] COMPUTE = 3'd2;
  localparam [2:0] NORMALISE = 3'd3;
  localparam [2:0] DIVIDE = 3'd5;
  localparam [2:0] WRITE = 3'd6;

  wire with_immediate = op == OP_MULTIPLY_IMMEDIATE || op == OP_ADD_IMMEDIATE;

  // Registers, once for each reader

  reg [15:0] result_m;
  reg signed [11:0] result_e;
  wire [27:0] result = {result_e, result_m};
  wire write = state == WRITE;
  wire [27:0] read_a;
  wire [27:0] read_b;
  wire [27:0] read_vector;
  wire [27:0] read_drain;

  sterna_ram #(
      .WIDTH(28),
      .DEPTH(32),
      .OLD_DATA(0)
  ) registers_a (
      .clk(clk),
      .wr_en(write),
      .wr_addr(addr_d),
      .wr_data(result),
      .rd_en(host_read || read),
      .rd_addr(host_read ? host_addr : addr_a),
      .rd_data(read_a)
  );

  sterna_ram #(
      .WIDTH(28),
      .DEPTH(32),
      .OLD_DATA(0)
  ) registers_b (
      .clk(clk),
      .wr_en(write),
      .wr_addr(addr_d),
      .wr_data(result),
      .rd_en(read),
      .rd_addr(addr_b),
      .rd_data(read_b)
  );

  sterna_ram #(
      .WIDTH(28),
      .DEPTH(32),
      .OLD_DATA(0)
  ) registers_vector (
      .clk(clk),
      .wr_en(write),
      .wr_addr(addr_d),
      .wr_data(result),
      .rd_en(vector_read),
      .rd_addr(vector_addr),
      .rd_data(read_vector)
  );

  // The drain reads all the time, and uses what it reads once the mark is set.
  sterna_ram #(
      .WIDTH(28),
      .DEPTH(32),
      .OLD_DATA(0)
  ) registers_drain (
      .clk(clk),
      .wr_en(write),
      .wr_addr(addr_d),
      .wr_data(result),
      .rd_en(1'b1),
      .rd_addr(drain_addr),
      .rd_data(read_drain)
  );

  assign {vector_e, vector_m} = read_vector;
  assign {drain_e, drain_m} = read_drain;
  assign host_value = read_a;

  // Operands

  reg [15:0] m_a;
  reg [15:0] m_b;
  reg signed [11:0] e_a;
  reg signed [11:0] e_b;

  // Products: the top 16 of 32 or 31 bits.
  reg [31:0] product;

  // Sums: the smaller one moves to the exponent of the larger.
  wire a_larger = e_a >= e_b;
  wire signed [12:0] distance = a_larger ? {e_a[11], e_a} - {e_b[11], e_b} :
                                           {e_b[11], e_b} - {e_a[11], e_a};
  wire [15:0] larger_m = a_larger ? m_a : m_b;
  wire [15:0] smaller_m = a_larger ? m_b : m_a;
  wire signed [11:0] larger_e = a_larger ? e_a : e_b;
  wire [15:0] moved = distance[12:4] != 9'd0 ? 16'd0 : smaller_m >> distance[3:0];
  reg [16:0] total;
  reg signed [11:0] total_e;

  // Integers: leading zeros are shifted out in two steps.
  reg [47:0] integer_n;
  reg signed [11:0] integer_e;  // exponent of its bit 32
  wire [2:0] bytes_empty = integer_n[47:40] != 8'd0 ? 3'd0 : integer_n[39:32] != 8'd0 ? 3'd1 :
                           integer_n[31:24] != 8'd0 ? 3'd2 : integer_n[23:16] != 8'd0 ? 3'd3 :
                           integer_n[15:8] != 8'd0 ? 3'd4 : 3'd5;
  wire [7:0] top_byte = bytes_empty == 3'd0 ? integer_n[47:40] : bytes_empty == 3'd1 ?
                        integer_n[39:32] : bytes_empty == 3'd2 ? integer_n[31:24] :
                        bytes_empty == 3'd3 ? integer_n[23:16] : bytes_empty == 3'd4 ?
                        integer_n[15:8] : integer_n[7:0];
  // The lowest bit of top_byte is the one that is left.
  wire [2:0] bits_empty = top_byte[7] ? 3'd0 : top_byte[6] ? 3'd1 : top_byte[5] ? 3'd2 :
                          top_byte[4] ? 3'd3 : top_byte[3] ? 3'd4 : top_byte[2] ? 3'd5 :
                          top_byte[1] ? 3'd6 : 3'd7;
  wire [5:0] leading = {bytes_empty, bits_empty};
  wire [47:0] normalised = integer_n << leading;

  // Square roots and quotients
  wire [15:0] root;
  wire [16:0] quotient;
  wire odd = e_a[0];
  wire signed [11:0] half = (e_a - (odd ? 12'sd15 : 12'sd16)) >>> 1;
  wire root_busy;
  wire divide_busy;

  assign nonzero = m_a != 16'd0;

  sterna_isqrt square_root (
      .clk(clk),
      .rst(rst),
      .start(state == COMPUTE && op == OP_RSQRT && run),
      .v(odd ? {1'b0, m_a, 15'd0} : {m_a, 16'd0}),
      .busy(root_busy),
      .done(root_done),
      .root(root)
  );

  sterna_divide #(
      .NUM (32),
      .DEN (16),
      .QUOT(17)
  ) divide (
      .clk(clk),
      .rst(rst),
      .start(divide_start),
      .num(op == OP_RSQRT ? 32'h80000000 : 32'h7f000000 + {17'd0, m_a[15:1]}),
      .den(op == OP_RSQRT ? root : m_a),
      .busy(divide_busy),
      .done(divide_done),
      .quot(quotient)
  );

  always @(posedge clk) begin
    case (state)
      READ: begin
        m_a   <= read_a[15:0];
        e_a   <= read_a[27:16];
        m_b   <= with_immediate ? immediate_m : read_b[15:0];
        e_b   <= with_immediate ? immediate_e : read_b[27:16];
      end
      COMPUTE: begin
        product <= m_a * m_b;
        total <= {1'b0, larger_m} + {1'b0, moved};
        total_e <= larger_e;
        integer_n <= op == OP_MAXIMUM ? {18'd0, maximum} : sum;
        integer_e <= op == OP_MAXIMUM ? 12'sd32 : ((e_a + 12'sd1) <<< 1) + 12'sd32;
      end
      NORMALISE: begin
        case (op)
          OP_IMMEDIATE: begin
            result_m <= immediate_m;
            result_e <= immediate_e;
          end
          OP_MULTIPLY, OP_MULTIPLY_IMMEDIATE: begin
            result_m <= product[31] ? product[31:16] : product[30:15];
            result_e <= product == 32'd0 ? 12'sd0 : e_a + e_b + (product[31] ? 12'sd16 : 12'sd15);
          end
          OP_ADD, OP_ADD_IMMEDIATE: begin
            result_m <= m_a == 16'd0 ? m_b : m_b == 16'd0 ? m_a :
                        total[16] ? total[16:1] : total[15:0];
            result_e <= m_a == 16'd0 ? e_b : m_b == 16'd0 ? e_a :
                        total[16] ? total_e + 12'sd1 : total_e;
          end
          OP_MAXIMUM, OP_SUM: begin
            result_m <= normalised[47:32];
            result_e <= integer_n == 48'd0 ? 12'sd0 : integer_e - $signed({6'd0, leading});
          end
          default: begin  // of zero
            result_m <= 16'd0;
            result_e <= 12'sd0;
            // A maximum of 16 + e bits is moved right until 14 are left: 2^(e + 2), or 1.
            if (BLOCKS != 0 && op == OP_SHIFT) begin
              result_m <= 16'h8000;
              result_e <= m_a == 16'd0 || e_a < -12'sd2 ? -12'sd15 : e_a - 12'sd13;
            end
          end
        endcase
      end
      DIVIDE:
      if (divide_done) begin
        result_m <= quotient[16] ? 16'h8000 : quotient[15:0];
        if (op == OP_RECIPROCAL) result_e <= e_a;
        else result_e <= (quotient[16] ? -12'sd30 : -12'sd31) - half;
        if (SHARED != 0 && m_a == 16'd0) begin
          result_m <= 16'd0;
          result_e <= 12'sd0;
        end
      end
      default: ;
    endcase
  end

  wire unused = &{
    1'b0, root_busy, top_byte[0], divide_busy, normalised[31:0], distance[12]
  };

endmodule

`default_nettype wire
