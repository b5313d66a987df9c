/** Checks of what decides: which instruction leaves when, what goes into sums, and where they go. */
import type { FormalCheck } from "./check.ts";

/** Sequence of instructions, with and without slices, matrix unit and drain. */
export const CONTROL_CHECKS: readonly FormalCheck[] = [
  {
    name: "sequence",
    module: "sequence",
    property:
      "each instruction once, in order, when the units may; breakpoints, ends; any program of 4 words",
    harness: ["sequence.v", "formal_sequence"],
    uses: ["ram"],
    parameters: { BLOCKS: 1 },
    engine: "bits",
    depth: 13,
    seeds: [
      { from: "!writes_codes || buffer_free", to: "!writes_codes" },
      {
        from: "else if (leave || start) going_over",
        to: "else if (start) going_over",
      },
      { from: "else if (take) ahead <=", to: "else if (leave) ahead <=" },
    ],
  },
  {
    name: "sequence-turns",
    module: "sequence",
    property:
      "the same, and turns of 2 slices: those that take part, in order, once each",
    harness: ["sequence.v", "formal_sequence"],
    uses: ["ram"],
    parameters: { BATCH: 2 },
    engine: "bits",
    depth: 13,
    seeds: [
      { from: "!all[turn]", to: "1'b0" },
      { from: "go && (ready || pass_over)) turn", to: "go) turn" },
    ],
  },
  {
    name: "drain",
    module: "drain",
    property:
      "each word of sums comes out once, in order, at its place, with the scalar of its mark; 4 rows, 2 lanes",
    harness: ["drain.v", "formal_drain"],
    uses: ["queue", "argmax"],
    models: ["streams_rules.v"],
    engine: "bits",
    depth: 18,
    seeds: [
      { from: "rows_left > HERE", to: "rows_left >= HERE" },
      {
        from: "!queue_take && marks[next_register]",
        to: "!queue_take",
      },
      {
        from: "(!logits_ready || reducing)",
        to: "!logits_ready",
      },
    ],
  },
  {
    name: "matvec",
    module: "matvec",
    property:
      "each column group goes into the sums of its row group once, which stay until they are taken; 2 rows, 4 bytes, 3 columns, 3 groups",
    harness: ["matvec.v", "formal_matvec"],
    uses: ["queue"],
    engine: "bits",
    depth: 16,
    seeds: [
      { from: "beat_valid && !blocked", to: "beat_valid" },
      { from: ".valid(fire_at[3])", to: ".valid(fire_at[2])" },
      { from: "hold_done) pending", to: "hold_shift) pending" },
      {
        from: "if (beat_take) slice <= {SLICE{1'b0}};\n        else if",
        to: "if",
      },
    ],
  },
];
