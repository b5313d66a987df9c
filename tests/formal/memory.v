// What writes memories and reads them: the RAM, the loader of constants, the counters.
`default_nettype none

// One address is followed; a read in the edge of its write is a collision.
module formal_ram #(
    parameter WIDTH    = 2,
    parameter DEPTH    = 4,
    parameter OLD_DATA = 1
) (
    input wire                     clk,
    input wire                     wr_en,
    input wire [$clog2(DEPTH)-1:0] wr_addr,
    input wire [        WIDTH-1:0] wr_data,
    input wire                     rd_en,
    input wire [$clog2(DEPTH)-1:0] rd_addr
);

  (* anyconst *) wire [$clog2(DEPTH)-1:0] place;
  wire [WIDTH-1:0] rd_data;

  sterna_ram #(
      .WIDTH(WIDTH),
      .DEPTH(DEPTH),
      .OLD_DATA(OLD_DATA)
  ) dut (
      .clk(clk),
      .wr_en(wr_en),
      .wr_addr(wr_addr),
      .wr_data(wr_data),
      .rd_en(rd_en),
      .rd_addr(rd_addr),
      .rd_data(rd_data)
  );

  reg written = 1'b0;
  reg [WIDTH-1:0] word;
  reg known = 1'b0;  // rd_data is what was read at place
  reg [WIDTH-1:0] read;
  wire collides = wr_en && wr_addr == rd_addr;

  always @(posedge clk) begin
    if (wr_en && wr_addr == place) begin
      written <= 1'b1;
      word <= wr_data;
    end
    if (rd_en) begin
      known <= rd_addr == place && written && (OLD_DATA || !collides);
      read <= word;
    end
  end

  always @* if (known) assert (rd_data == read);

endmodule

module formal_counters #(
    parameter COUNT = 2,
    parameter WIDTH = 33
) (
    input wire             clk,
    input wire             clear_at,
    input wire [COUNT-1:0] events,
    input wire [      4:0] read_addr
);

  reg started = 1'b0;
  always @(posedge clk) started <= 1'b1;
  wire clear = !started || clear_at;
  wire [31:0] read_data;

  sterna_counters #(
      .COUNT(COUNT),
      .WIDTH(WIDTH)
  ) dut (
      .clk(clk),
      .clear(clear),
      .events(events),
      .read_addr(read_addr),
      .read_data(read_data)
  );

  (* anyconst *) wire [3:0] which;
  reg [63:0] count;
  reg [4:0] address;
  reg [31:0] expected;

  always @(posedge clk) begin
    count <= clear ? 64'd0 : count + {63'd0, which < COUNT && events[which]};
    address <= read_addr;
    expected <= read_addr[0] ? count[63:32] : count[31:0];
  end

  reg known = 1'b0;
  always @(posedge clk) known <= started;
  always @* if (known && address[4:1] == which) assert (read_data == expected);

endmodule

// A beat of the stream or of the row is followed from its take to its write.
module formal_load #(
    parameter BEAT  = 4,
    parameter LANES = 2,
    parameter BANKS = 1,
    parameter ROWS  = 8
) (
    input wire              clk,
    input wire              in_valid,
    input wire              in_embedding,
    input wire [      14:0] in_address,
    input wire [      15:0] in_beats,
    input wire              stream_valid,
    input wire [8*BEAT-1:0] stream_beat,
    input wire              row_granted,
    input wire              row_valid,
    input wire [8*BEAT-1:0] row_beat
);

  localparam RA = $clog2(ROWS);
  localparam PHASES = LANES * 2 > BEAT ? LANES * 2 / BEAT : 1;

  reg started = 1'b0;
  always @(posedge clk) started <= 1'b1;
  wire rst = !started;

  wire in_ready;
  wire idle;
  wire stream_take;
  wire stream_end;
  wire row_request;
  wire row_take;
  wire [BANKS*LANES-1:0] const_write;
  wire [RA-1:0] const_addr;
  wire [16*BANKS*LANES-1:0] const_data;

  sterna_load #(
      .BEAT (BEAT),
      .LANES(LANES),
      .BANKS(BANKS),
      .ROWS (ROWS)
  ) dut (
      .clk(clk),
      .rst(rst),
      .in_valid(in_valid),
      .in_ready(in_ready),
      .in_embedding(in_embedding),
      .in_address(in_address),
      .in_beats(in_beats),
      .idle(idle),
      .stream_valid(stream_valid),
      .stream_take(stream_take),
      .stream_end(stream_end),
      .stream_beat(stream_beat),
      .row_request(row_request),
      .row_granted(row_granted),
      .row_valid(row_valid),
      .row_take(row_take),
      .row_beat(row_beat),
      .const_write(const_write),
      .const_addr(const_addr),
      .const_data(const_data)
  );

  // One instruction at a time: the next is offered when all is written. Queues are proved apart.
  reg busy;
  reg embedding;
  reg asked;
  reg [15:0] taken;
  reg [15:0] beats;
  reg [14:0] base;
  wire accept = in_valid && in_ready;
  wire from_stream = stream_take && stream_valid;
  wire from_row = row_take && row_valid;
  wire take = from_stream || from_row;
  reg wrote;
  reg [8*BEAT-1:0] beat;
  reg [15:0] index;

  always @(posedge clk) begin
    if (accept) begin
      busy <= 1'b1;
      embedding <= in_embedding;
      beats <= in_beats;
      base <= in_address;
      taken <= 16'd0;
      asked <= 1'b0;
    end else if (take) begin
      taken <= taken + 16'd1;
      if (taken + 16'd1 == beats) busy <= 1'b0;
    end
    if (row_request && row_granted) asked <= 1'b1;
    wrote <= take;
    beat <= from_stream ? stream_beat : row_beat;
    index <= taken;
    if (rst) busy <= 1'b0;
    if (rst) wrote <= 1'b0;
  end

  wire [15:0] place = {1'b0, base} / BANKS + index / PHASES;

  always @* begin
    assume (in_beats != 16'd0 && (in_address % BANKS) == 15'd0);
    if (busy || !idle) assume (!in_valid);
    // A row comes after it was granted.
    if (!asked) assume (!row_valid);
    if (!rst) begin
      assert (!(from_stream && from_row));
      if (take) assert (busy && (from_row == embedding));
      if (row_request) assert (busy && embedding && !asked);
      if (stream_end) assert (from_stream);
      if (from_stream) assert (stream_end == (taken + 16'd1 == beats));
      assert ((const_write != {BANKS * LANES{1'b0}}) == wrote);
      if (busy) assert (!idle);
      if (wrote) begin
        assert (const_addr == place[RA-1:0]);
        if (PHASES == 1) begin
          assert (const_write == {BANKS * LANES{1'b1}});
          assert (const_data == beat);
        end else begin
          assert (const_write == {{LANES - BEAT / 2{1'b0}}, {BEAT / 2{1'b1}}}
                  << (index % PHASES * (BEAT / 2)));
          assert (const_data == {PHASES{beat}});
        end
      end
    end
  end

endmodule

`default_nettype wire
