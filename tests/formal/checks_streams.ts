/** Checks of what passes words on. */
import type { FormalCheck } from "./check.ts";

const PASSES_ON =
  "no word lost or doubled, order kept, offered words stay, capacity, any reset";

/** Skid buffer, queue, FIFO. */
export const STREAM_CHECKS: readonly FormalCheck[] = [
  {
    name: "skid",
    module: "skid",
    property: PASSES_ON,
    harness: ["streams.v", "formal_skid"],
    models: ["streams_rules.v"],
    engine: "pdr",
    depth: 8,
    quick: true,
    seeds: [
      {
        from: "if (!spare_valid) spare <= in_data;",
        to: "spare <= in_data;",
      },
      { from: "else if (in_valid) spare_valid", to: "else spare_valid" },
    ],
  },
  {
    name: "queue",
    module: "queue",
    property: PASSES_ON,
    harness: ["streams.v", "formal_queue"],
    models: ["streams_rules.v"],
    engine: "pdr",
    depth: 8,
    seeds: [
      { from: "if (push && !after_pop[i])", to: "if (push && !full[i])" },
      { from: "if (rst) full <=", to: "if (rst && !push) full <=" },
    ],
  },
  {
    name: "fifo",
    module: "fifo",
    property: `${PASSES_ON}, level, latency; 2 bits, 2 words of RAM`,
    harness: ["streams.v", "formal_fifo"],
    uses: ["ram"],
    models: ["streams_rules.v"],
    engine: "pdr",
    depth: 8,
    seeds: [
      { from: "in_ready = !stored[ADDR]", to: "in_ready = 1'b1" },
      {
        from: "(!out_valid || out_ready)",
        to: "(!out_valid || out_ready || push)",
      },
    ],
  },
  {
    name: "fifo-4",
    module: "fifo",
    property: `${PASSES_ON}, level, latency; 1 bit, 4 words of RAM`,
    harness: ["streams.v", "formal_fifo"],
    parameters: { WIDTH: 1, DEPTH: 4 },
    uses: ["ram"],
    models: ["streams_rules.v"],
    engine: "pdr",
    depth: 8,
    seeds: [
      { from: "rd_addr <= rd_addr + 1'b1", to: "rd_addr <= rd_addr - 1'b1" },
    ],
  },
];
