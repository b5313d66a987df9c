// Scalar unit: the few numbers of a token that are not vectors, as pairs (m, e) that stand for
// m 2^e with m = 0 or 2^15 <= m < 2^16. One instruction after the other.
//
//   queue --> IDLE --> READ --> COMPUTE --+--> NORMALISE ----------------+--> WRITE
//                                         +--> [ROOT -->] DIVIDE --------+
//             state, operation --> BATCH x sterna_scalar_lane: registers, arithmetic
//
// Instructions: see src/verilog/ISA.md; the arithmetic is sMul, sAdd, sRsqrt, sNorm and the
// reciprocal of quantize_int. Latency: 5 cycles, a reciprocal 23, a square root 41; both take 5
// when the operand is 0, of all vectors that go through in step.
// Registers are read by the vector unit and the drain through ports of their own, the value one
// cycle after the address. A matrix instruction takes the mark of its register away (unset); the
// instruction that writes the register sets it, and until then the drain waits.
`default_nettype none

module sterna_scalar #(
    parameter BLOCKS = 0,  // 1: with the operation that mantissas need
    parameter BATCH  = 1   // vectors that go through in step, each with its own registers
) (
    input  wire                clk,
    input  wire                rst,
    // Instructions
    input  wire                in_valid,
    output wire                in_ready,
    input  wire [       127:8] in_instruction,
    output wire                idle,
    // What the vector unit collected, by vector
    input  wire [30*BATCH-1:0] maximum,
    input  wire [48*BATCH-1:0] sum,
    output wire                clear_maximum,
    output wire                clear_sum,
    // Reads of the vector unit, the drain and the host; values by vector
    input  wire                vector_read,
    input  wire [         4:0] vector_addr,
    output wire [16*BATCH-1:0] vector_m,
    output wire [12*BATCH-1:0] vector_e,
    input  wire [         4:0] drain_addr,
    output wire [16*BATCH-1:0] drain_m,
    output wire [12*BATCH-1:0] drain_e,
    input  wire                host_read,
    input  wire [         4:0] host_addr,
    output wire [28*BATCH-1:0] host_value,
    // Marks
    input  wire                unset,
    input  wire [         4:0] unset_addr,
    output reg  [        31:0] marks
);

  localparam [3:0] OP_RSQRT = 4'd5;
  localparam [3:0] OP_MAXIMUM = 4'd6;
  localparam [3:0] OP_SUM = 4'd7;
  localparam [3:0] OP_RECIPROCAL = 4'd8;

  localparam [2:0] IDLE = 3'd0;
  localparam [2:0] READ = 3'd1;
  localparam [2:0] COMPUTE = 3'd2;
  localparam [2:0] NORMALISE = 3'd3;
  localparam [2:0] ROOT = 3'd4;
  localparam [2:0] DIVIDE = 3'd5;
  localparam [2:0] WRITE = 3'd6;

  wire queue_valid;
  wire [127:8] instruction;
  reg [2:0] state;

  wire write = state == WRITE;

  sterna_queue #(
      .WIDTH(120),
      .DEPTH(4)
  ) queue (
      .clk(clk),
      .rst(rst),
      .in_valid(in_valid),
      .in_ready(in_ready),
      .in_data(in_instruction),
      .out_valid(queue_valid),
      .out_ready(write),
      .out_data(instruction)
  );

  assign idle = !queue_valid;

  wire [3:0] op = instruction[11:8];
  wire [4:0] addr_d = instruction[16:12];

  wire [31:0] unset_mask = unset ? 32'd1 << unset_addr : 32'd0;
  wire [31:0] set_mask = write ? 32'd1 << addr_d : 32'd0;

  always @(posedge clk) marks <= rst ? 32'd0 : (marks & ~unset_mask) | set_mask;

  // Roots and quotients are worked out when one lane has an operand that is not 0, and then in all.

  wire [BATCH-1:0] nonzeros;
  wire [BATCH-1:0] root_dones;
  wire [BATCH-1:0] divide_dones;
  wire run = nonzeros != {BATCH{1'b0}};
  wire root_done = root_dones[0];
  wire divide_done = divide_dones[0];
  reg divide_start;

  assign clear_maximum = state == COMPUTE && op == OP_MAXIMUM;
  assign clear_sum = state == COMPUTE && op == OP_SUM;

  always @(posedge clk) begin
    divide_start <= 1'b0;
    case (state)
      IDLE: if (queue_valid && !host_read) state <= READ;
      READ: state <= COMPUTE;
      COMPUTE: begin
        state <= NORMALISE;
        if (op == OP_RSQRT && run) state <= ROOT;
        if (op == OP_RECIPROCAL && run) state <= DIVIDE;
        if (op == OP_RECIPROCAL) divide_start <= run;
      end
      NORMALISE: state <= WRITE;
      ROOT:
      if (root_done) begin
        divide_start <= 1'b1;
        state <= DIVIDE;
      end
      DIVIDE: if (divide_done) state <= WRITE;
      default: state <= IDLE;
    endcase
    if (rst) state <= IDLE;
  end

  genvar b;
  generate
    for (b = 0; b < BATCH; b = b + 1) begin : vector
      sterna_scalar_lane #(
          .BLOCKS(BLOCKS),
          .SHARED(BATCH > 1 ? 1 : 0)
      ) lane (
          .clk(clk),
          .rst(rst),
          .state(state),
          .op(op),
          .addr_a(instruction[21:17]),
          .addr_b(instruction[26:22]),
          .addr_d(addr_d),
          .immediate_m(instruction[47:32]),
          .immediate_e(instruction[59:48]),
          .read(state == IDLE && queue_valid),
          .run(run),
          .divide_start(divide_start),
          .nonzero(nonzeros[b]),
          .root_done(root_dones[b]),
          .divide_done(divide_dones[b]),
          .maximum(maximum[30*b+:30]),
          .sum(sum[48*b+:48]),
          .vector_read(vector_read),
          .vector_addr(vector_addr),
          .vector_m(vector_m[16*b+:16]),
          .vector_e(vector_e[12*b+:12]),
          .drain_addr(drain_addr),
          .drain_m(drain_m[16*b+:16]),
          .drain_e(drain_e[12*b+:12]),
          .host_read(host_read),
          .host_addr(host_addr),
          .host_value(host_value[28*b+:28])
      );
    end
  endgenerate

  wire unused = &{1'b0, root_dones, divide_dones, instruction[127:60], instruction[31:27]};

endmodule

`default_nettype wire
