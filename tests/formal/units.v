// What feeds the matrix unit: its codes, and the beats of its weights.
`default_nettype none

// The memory of codes holds at each place the number of that place (ram_place.v), so that what
// comes out says where it was. One product after the other may be offered, all the same one.
module formal_codes #(
    parameter TRITS = 5
) (
    input wire       clk,
    input wire       write,
    input wire       in_valid,
    input wire       out_take_at
);

  (* anyconst *) wire [1:0] base;
  (* anyconst *) wire [1:0] columns;
  (* anyconst *) wire [1:0] groups;

  reg started = 1'b0;
  always @(posedge clk) started <= 1'b1;
  wire rst = !started;

  wire in_ready;
  wire [3:0] in_use;
  wire out_valid;
  wire [39:0] out_codes;
  reg [1:0] column;
  wire out_last = column == columns - 2'd1;
  wire out_take = out_take_at && out_valid;
  reg [4:0] written;

  sterna_codes #(
      .LANES(8),
      .CODES(8),
      .WORDS(8),
      .TRITS(TRITS)
  ) dut (
      .clk(clk),
      .rst(rst),
      .write(write),
      .write_buffer(2'd1),
      .write_addr(15'd0),
      .write_data(64'd0),
      .begin_write(1'b0),
      .begin_buffer(2'd0),
      .in_use(in_use),
      .in_valid(in_valid),
      .in_ready(in_ready),
      .in_base({13'd0, base}),
      .in_columns({14'd0, columns}),
      .in_groups({18'd0, groups}),
      .in_buffer(2'd1),
      .out_valid(out_valid),
      .out_take(out_take),
      .out_last(out_last),
      .out_codes(out_codes)
  );

  // Column groups that are owed, over all products that were taken.
  reg [7:0] owed;
  wire accept = in_valid && in_ready;
  wire [7:0] first = {3'd0, base, 3'd0} + {6'd0, column} * TRITS;
  wire [7:0] last_code = {6'd0, columns} * TRITS - 8'd1;
  wire [4:0] words = last_code[7:3] + 5'd1;

  always @(posedge clk) begin
    if (write) written <= written + 5'd1;
    owed <= owed + (accept ? columns * groups : 8'd0) - {7'd0, out_take};
    if (out_take) column <= out_last ? 2'd0 : column + 2'd1;
    if (rst) begin
      written <= 5'd0;
      owed <= 8'd0;
      column <= 2'd0;
    end
  end

  genvar j;
  generate
    for (j = 0; j < TRITS; j = j + 1) begin : each
      always @* if (!rst && out_valid) assert (out_codes[8*j+:8] == first + j);
    end
  endgenerate

  // Codes are used after they were written: word by word.
  wire [7:0] needs = {6'd0, column} * TRITS + TRITS - 1;

  always @* begin
    assume (columns != 2'd0 && groups != 2'd0);
    assume (written < 5'd8 || !write);
    if (owed > 8'd24) assume (!in_valid);
    if (!rst) begin
      if (out_valid) assert (owed != 8'd0);
      if (out_valid) assert (written > needs[7:3]);
      // A buffer without a user has given all.
      assert (in_use[0] == 1'b0 && in_use[3:2] == 2'd0);
      if (owed > 8'd10) assert (in_use[1]);
    end
  end

  wire unused = &{1'b0, words};

endmodule

// The memory's data are the numbers of its beats. The stream goes round and round; rows come in
// between.
module formal_fetch #(
    parameter ADDR = 12
) (
    input wire clk,
    input wire row_valid,
    input wire row_take,
    input wire stream_take,
    input wire arready_at,
    input wire rvalid_at
);

  (* anyconst *) wire [2:0] stream_offset;
  (* anyconst *) wire [1:0] stream_beats;
  (* anyconst *) wire [2:0] row_offset;
  (* anyconst *) wire [1:0] row_beats;

  reg started = 1'b0;
  always @(posedge clk) started <= 1'b1;
  wire rst = !started;

  wire row_granted;
  wire row_beat_valid;
  wire [31:0] arrived;
  wire stream_valid;
  wire [31:0] stream_beat;
  wire [ADDR-1:0] araddr;
  wire [7:0] arlen;
  wire arvalid;
  wire rready;
  wire rvalid;
  wire rlast;
  wire error;

  // The memory
  reg [2:0] bursts;
  reg [7:0] lengths[0:3];
  reg [7:0] starts[0:3];
  reg [7:0] beat;
  wire arready = arready_at && bursts < 3'd3;
  wire ar = arvalid && arready;
  wire r = rvalid && rready;
  wire ends = r && rlast;
  wire [2:0] after = bursts - {2'd0, ends};
  assign rvalid = rvalid_at && bursts != 3'd0;
  assign rlast  = beat == lengths[0];
  wire [7:0] number = starts[0] + beat;

  sterna_fetch #(
      .ADDR(ADDR),
      .BEAT(4),
      .FIFO_BEATS(64)
  ) dut (
      .clk(clk),
      .rst(rst),
      .flush(1'b0),
      .error(error),
      .base({ADDR{1'b0}}),
      .boot_valid(1'b0),
      .boot_offset(32'd0),
      .boot_beats(32'd0),
      .boot_beat_take(1'b0),
      .row_valid(row_valid),
      .row_granted(row_granted),
      .row_offset({29'd0, row_offset}),
      .row_beats({30'd0, row_beats}),
      .row_beat_valid(row_beat_valid),
      .row_beat_take(row_take),
      .arrived_beat(arrived),
      .stream_enable(1'b1),
      .stream_offset({29'd0, stream_offset}),
      .stream_beats({30'd0, stream_beats}),
      .stream_valid(stream_valid),
      .stream_take(stream_take),
      .stream_beat(stream_beat),
      .m_axi_araddr(araddr),
      .m_axi_arlen(arlen),
      .m_axi_arvalid(arvalid),
      .m_axi_arready(arready),
      .m_axi_rdata({24'd0, number}),
      .m_axi_rresp(2'd0),
      .m_axi_rlast(rlast),
      .m_axi_rvalid(rvalid),
      .m_axi_rready(rready)
  );

  reg [1:0] place;      // of the next beat of the stream
  reg [1:0] row_place;  // of the next beat of a row
  reg [3:0] owed;       // beats of rows

  always @(posedge clk) begin
    if (ends) begin
      lengths[0] <= lengths[1];
      lengths[1] <= lengths[2];
      lengths[2] <= lengths[3];
      starts[0] <= starts[1];
      starts[1] <= starts[2];
      starts[2] <= starts[3];
    end
    if (ar) lengths[after[1:0]] <= arlen;
    if (ar) starts[after[1:0]] <= araddr[9:2];
    bursts <= after + {2'd0, ar};
    if (r) beat <= rlast ? 8'd0 : beat + 8'd1;
    if (stream_valid && stream_take) begin
      place <= place == stream_beats - 2'd1 ? 2'd0 : place + 2'd1;
    end
    if (row_beat_valid && row_take) begin
      row_place <= row_place == row_beats - 2'd1 ? 2'd0 : row_place + 2'd1;
    end
    owed <= owed + (row_granted ? {2'd0, row_beats} : 4'd0) -
            {3'd0, row_beat_valid && row_take};
    if (rst) begin
      bursts <= 3'd0;
      beat <= 8'd0;
      place <= 2'd0;
      row_place <= 2'd0;
      owed <= 4'd0;
    end
  end

  always @* begin
    assume (stream_beats != 2'd0 && row_beats != 2'd0);
    if (owed > 4'd8) assume (!row_valid);
    if (!rst) begin
      assert (!error);
      if (stream_valid) assert (stream_beat == {29'd0, stream_offset} + {30'd0, place});
      if (row_beat_valid) assert (owed != 4'd0);
      if (row_beat_valid) assert (arrived == {29'd0, row_offset} + {30'd0, row_place});
    end
  end

endmodule

`default_nettype wire
