import {
  checkAxiData,
  checkAxiError,
  checkAxiPace,
  checkAxiStop,
} from "./_axi_read.ts";
import { checkAxil, checkAxilOrder } from "./_axil.ts";
import { testBench } from "./_bench.ts";
import { checkPe } from "./_pe.ts";
import { checkFifo } from "./_queues.ts";

testBench("bench_streams", [
  {
    module: "sterna_fifo",
    fault: { from: "if (push && !fetch)", to: "if (push)" },
    checks: { "keeps words in order and counts them": checkFifo },
  },
  {
    module: "sterna_pe",
    // The carry of two subtractions at once.
    fault: { from: "{7'd0, ones}", to: "{8'd0, ones[0]}" },
    checks: { "adds up products of trits and codes": checkPe },
  },
  {
    module: "sterna_axi_read",
    fault: { from: "m_axi_rvalid && !bad &&", to: "m_axi_rvalid &&" },
    checks: {
      "delivers what commands ask for": checkAxiData,
      "leaves no gap between commands": checkAxiPace,
      "stops at an error response": checkAxiError,
      "starts anew after a cancel or a reset": checkAxiStop,
    },
  },
  {
    module: "sterna_axil",
    fault: { from: "rd_wait && !rd_en && rd_ack", to: "rd_wait && !rd_en" },
    checks: {
      "reads and writes registers that answer late": checkAxil,
      "keeps channels independent": checkAxilOrder,
    },
  },
]);
