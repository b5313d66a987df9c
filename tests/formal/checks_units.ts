/** Checks of what feeds the matrix unit. */
import type { FormalCheck } from "./check.ts";

/** Codes of column groups, beats of stream and rows. */
export const UNIT_CHECKS: readonly FormalCheck[] = [
  ...[5, 4].map((trits): FormalCheck => ({
    name: `codes-${trits}`,
    module: "codes",
    property:
      "codes of each group in order, round and round, none before it is written; 3 columns, 3 groups",
    harness: ["units.v", "formal_codes"],
    uses: ["queue"],
    models: ["ram_place.v"],
    parameters: { TRITS: trits },
    engine: "bits",
    depth: 12,
    seeds: trits === 5
      ? [
        { from: "crosses = next_position > WIDE", to: "crosses = 1'b0" },
        { from: "complete > index && room", to: "complete >= index && room" },
      ]
      : [{
        from: "leaves = next_position >= WIDE",
        to: "leaves = next_position > WIDE",
      }],
  })),
  {
    name: "fetch",
    module: "fetch",
    property:
      "stream in order, round and round, rows in between; 1 to 3 beats of each",
    harness: ["units.v", "formal_fetch"],
    uses: ["queue", "fifo", "ram", "skid", "axi_read"],
    engine: "bits",
    depth: 12,
    seeds: [
      {
        from: "length = ends ? remaining[PLACE:0]",
        to: "length = ends ? remaining[PLACE:0] + 1'b1",
      },
      {
        from: "fifo_push = beat_here && kind == STREAM",
        to: "fifo_push = beat_here && kind != BOOT",
      },
    ],
  },
];
