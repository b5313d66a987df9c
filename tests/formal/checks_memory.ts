/** Checks of memories and what goes into them. */
import type { FormalCheck } from "./check.ts";

/** RAM, counters, loader of constants. */
export const MEMORY_CHECKS: readonly FormalCheck[] = [
  ...[1, 0].map((old): FormalCheck => ({
    name: old ? "ram-old" : "ram",
    module: "ram",
    property: old
      ? "a read gives the last word written before; 4 words of 2 bits"
      : "the same where nothing collides; 4 words of 2 bits",
    harness: ["memory.v", "formal_ram"],
    parameters: { OLD_DATA: old },
    engine: "pdr",
    depth: 6,
    seeds: old
      ? [{
        from: "if (rd_en) word <= words[rd_addr];",
        to:
          "if (rd_en) word <= wr_en && wr_addr == rd_addr ? wr_data : words[rd_addr];",
      }]
      : [{
        from:
          "      (* no_rw_check *)\n      reg [WIDTH-1:0] words[0:DEPTH-1];\n      reg [WIDTH-1:0] word;\n      always @(posedge clk) begin\n        if (wr_en)",
        to:
          "      (* no_rw_check *)\n      reg [WIDTH-1:0] words[0:DEPTH-1];\n      reg [WIDTH-1:0] word;\n      always @(posedge clk) begin\n        if (wr_en && !rd_en)",
      }],
  })),
  {
    name: "counters",
    module: "counters",
    property:
      "events since clear, both halves; 2 counters of 33 bits, runs of 8 cycles",
    harness: ["memory.v", "formal_counters"],
    engine: "bits",
    depth: 8,
    seeds: [
      { from: "if (clear) value", to: "if (clear && !events[i]) value" },
      { from: "halves[64*i+:32] =", to: "halves[64*i+:32] = 32'd1 &" },
    ],
  },
  ...([[4, 2, 1], [8, 2, 2], [4, 4, 1]] as const).map((
    [beat, lanes, banks],
  ): FormalCheck => ({
    name: `load-${beat}-${lanes}`,
    module: "load",
    property:
      `each beat written once, at its place, and no other; ${beat} bytes, ${lanes} lanes, ${banks} banks`,
    harness: ["memory.v", "formal_load"],
    uses: ["queue"],
    parameters: { BEAT: beat, LANES: lanes, BANKS: banks },
    engine: "bits",
    depth: 9,
    seeds: lanes === 4
      ? [{ from: "phase == LAST_PHASE", to: "phase != LAST_PHASE" }]
      : banks === 2
      ? [{
        from: "row <= next_address[RA+BA-1:BA]",
        to: "row <= next_address[RA-1:0]",
      }]
      : [
        { from: "left <= next_beats - 16'd1", to: "left <= next_beats" },
        { from: "write_row <= row;", to: "if (take) write_row <= row + 1'b1;" },
      ],
  })),
];
