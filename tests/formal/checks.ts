/** All formal checks. */
import type { FormalCheck } from "./check.ts";
import { ARITHMETIC_CHECKS } from "./checks_arithmetic.ts";
import { BUS_CHECKS } from "./checks_bus.ts";
import { CONTROL_CHECKS } from "./checks_control.ts";
import { MEMORY_CHECKS } from "./checks_memory.ts";
import { SERIAL_CHECKS } from "./checks_serial.ts";
import { UNIT_CHECKS } from "./checks_units.ts";
import { STREAM_CHECKS } from "./checks_streams.ts";

/** Every check, in the order of the table. */
export const FORMAL_CHECKS: readonly FormalCheck[] = [
  ...STREAM_CHECKS,
  ...ARITHMETIC_CHECKS,
  ...SERIAL_CHECKS,
  ...MEMORY_CHECKS,
  ...BUS_CHECKS,
  ...UNIT_CHECKS,
  ...CONTROL_CHECKS,
];
