/** Checks of the bus masters and the register slave. */
import type { FormalCheck } from "./check.ts";

/** AXI reads, AXI writes, AXI4-Lite. */
export const BUS_CHECKS: readonly FormalCheck[] = [
  {
    name: "axi-read",
    module: "axi_read",
    property:
      "bursts cover the command, none crosses a boundary; beats in order, last; 2-beat bursts",
    harness: ["bus.v", "formal_axi_read"],
    uses: ["skid"],
    models: ["streams_rules.v"],
    engine: "bits",
    depth: 13,
    seeds: [
      { from: "~word[PLACE-1:0]", to: "{PLACE{1'b1}}" },
      { from: "m_axi_rlast && ends[take]", to: "m_axi_rlast" },
      {
        from: "assign m_axi_rready = skid_ready || stop",
        to: "assign m_axi_rready = 1'b1",
      },
    ],
  },
  {
    name: "axi-read-errors",
    module: "axi_read",
    property:
      "error responses and cancel: nothing behind them comes out, all bursts end",
    harness: ["bus.v", "formal_axi_read"],
    parameters: { ERRORS: 1 },
    uses: ["skid"],
    models: ["streams_rules.v"],
    engine: "bits",
    depth: 12,
    seeds: [
      { from: "m_axi_rvalid && !bad && !stop", to: "m_axi_rvalid && !bad" },
      { from: "beat && bad && !stop", to: "beat && bad && out_ready" },
    ],
  },
  {
    name: "axi-write",
    module: "axi_write",
    property:
      "each beat once on both channels, order, errors kept, busy until the last response",
    harness: ["bus.v", "formal_axi_write"],
    models: ["streams_rules.v"],
    engine: "bits",
    depth: 20,
    seeds: [
      { from: "!m_axi_awvalid && !m_axi_wvalid", to: "!m_axi_awvalid" },
      {
        from: "answer && m_axi_bresp[1]",
        to: "answer && m_axi_bresp[1] && !clear",
      },
      { from: "&& !under_way[3]", to: "" },
    ],
  },
  {
    name: "axil",
    module: "axil",
    property:
      "one strobe an access, with its address and data; its answer, once; offers stay",
    harness: ["bus.v", "formal_axil"],
    models: ["streams_rules.v"],
    engine: "bits",
    depth: 14,
    seeds: [
      { from: "!wr_wait && !s_axil_bvalid;", to: "!wr_wait;" },
      {
        from: "s_axil_rdata <= rd_data;",
        to: "if (rd_addr != 2'd3) s_axil_rdata <= rd_data;",
      },
    ],
  },
];
