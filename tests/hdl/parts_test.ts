import { checkShiftRound } from "./_arithmetic.ts";
import { testBench } from "./_bench.ts";
import { check2bit, checkArgmax, checkBase3, checkRam } from "./_parts.ts";
import { checkSkid } from "./_queues.ts";

testBench("bench_parts", [
  {
    module: "sterna_ram",
    fault: { from: "if (wr_en) words", to: "if (wr_en || rd_en) words" },
    checks: {
      "reads what was written, and the old word on collision": checkRam,
    },
  },
  {
    module: "sterna_skid",
    fault: { from: "if (!spare_valid) spare", to: "spare" },
    checks: { "keeps words in order at full pace": checkSkid },
  },
  {
    module: "sterna_trits_base3",
    fault: { from: "code < 243", to: "code < 242" },
    checks: { "decodes every byte": checkBase3 },
  },
  {
    module: "sterna_trits_2bit",
    fault: { from: "== 2'd0", to: "!= 2'd2" },
    checks: { "decodes every byte": check2bit },
  },
  {
    module: "sterna_shift_round",
    // Only a result of exactly -2^30 shows it.
    fault: { from: "rounded == BOTTOM - 1", to: "rounded == BOTTOM" },
    checks: { "shifts, rounds and clamps": checkShiftRound },
  },
  {
    module: "sterna_argmax",
    fault: { from: "base0 < best_base", to: "base0 > best_base" },
    checks: { "finds the first of the largest": checkArgmax },
  },
]);
