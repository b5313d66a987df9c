/** Checks of what takes several cycles: divider, root, argmax, gear. */
import type { FormalCheck } from "./check.ts";

/** Arithmetic a bit a cycle, the largest of a stream, fields of beats. */
export const SERIAL_CHECKS: readonly FormalCheck[] = [
  {
    name: "divide",
    module: "divide",
    property:
      "quotient, timing, any reset; 8 by 4 bits (32 by 16 in simulation)",
    harness: ["serial.v", "formal_divide"],
    engine: "bits",
    depth: 10,
    seeds: [
      { from: "remainder >= {1'b0", to: "remainder > {1'b0" },
      {
        from: "if (start && !busy) begin\n      busy",
        to: "if (start) begin\n      busy",
      },
    ],
  },
  {
    name: "isqrt",
    module: "isqrt",
    property: "root and timing, v below 2^10 (2^32 in simulation)",
    harness: ["serial.v", "formal_isqrt"],
    engine: "bits",
    depth: 20,
    seeds: [
      { from: "next >= trial", to: "next > trial" },
      { from: "step == 4'd15) busy", to: "step == 4'd14) busy" },
    ],
  },
  {
    name: "argmax",
    module: "argmax",
    property: "first index of the largest, timing; 2 words of 2 lanes, 32 bits",
    harness: ["serial.v", "formal_argmax"],
    engine: "bits",
    depth: 10,
    seeds: [
      { from: "value0 == best && base0 < best_base", to: "1'b0" },
      {
        from: "$signed(value) > $signed(lane_value)",
        to: "value > lane_value",
      },
    ],
  },
  {
    name: "gear",
    module: "gear",
    property:
      "units in order, none lost, taken as soon as there is room; 4-byte beats",
    harness: ["serial.v", "formal_gear"],
    engine: "bits",
    depth: 8,
    seeds: [
      { from: "{rest[2:0], 4'd0}", to: "{level[2:0], 4'd0}" },
      { from: "rest[LEVEL:3] ==", to: "rest[LEVEL:4] ==" },
    ],
  },
];
