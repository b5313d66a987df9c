/** Checks that begin in the middle of something: whatever went on before a reset, it is forgotten. */
import type { Design } from "../../sim/mod.ts";
import { Random } from "./_random.ts";

/** Cycles of disorder, so many that most units are in the middle of a job by then. */
const CYCLES = 300;

/** How likely a pin of one bit is high: streams move, and seldom end. */
const CHANCES = [0.5, 0.9, 0.1];

/**
 * Makes a check that starts its instances in disorder: before the check has them, their inputs
 * had random values for a while. The check itself then resets them.
 *
 * @param check A check that resets what it starts.
 * @param prefix What the inputs begin with; those of other modules are left alone.
 * @returns The check from disorder.
 */
export function disturbed(
  check: (design: Design) => Promise<void>,
  prefix: string,
): (design: Design) => Promise<void> {
  return async (design) => {
    for (const [seed, chance] of CHANCES.entries()) {
      const start: Design["start"] = async (options) => {
        const dut = await design.start(options);
        const random = new Random(500 + seed);
        const inputs = design.ports.filter(({ name, direction }) =>
          direction === "input" && name.startsWith(`${prefix}_`)
        );
        for (let cycle = 0; cycle < CYCLES; cycle++) {
          for (const { name, width } of inputs) {
            dut.port(name).set(
              width === 1 ? random.chance(chance) : bits(random, width),
            );
          }
          dut.tick();
        }
        for (const { name } of inputs) dut.port(name).set(0);
        return dut;
      };
      await check(Object.create(design, { start: { value: start } }));
    }
  };
}

function bits(random: Random, width: number): bigint {
  let value = 0n;
  for (let at = 0; at < width; at += 32) {
    value = (value << 32n) | BigInt(random.u32());
  }
  return BigInt.asUintN(width, value);
}
