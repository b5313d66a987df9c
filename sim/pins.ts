/**
 * Finds the pins of a bus by their names' common beginning and hands the inputs among them to
 * whatever drives them.
 */
import type { Port } from "./port.ts";

/** Finds ports by name. */
export interface PortLookup {
  /** Looks a port up; throws if there is none. */
  port(name: string): Port;
  /** Tells whether there is a port of that name. */
  hasPort(name: string): boolean;
}

/**
 * Looks pins up.
 *
 * @param ports The design's ports.
 * @param pins Names; the first character says whether the design drives the pin (">") or reads it
 * ("<"), a "?" at the end that it may be absent.
 * @param names What the names begin with, and who drives the inputs.
 * @returns One port a pin, undefined where an optional one is absent.
 * @throws {RangeError} If a pin is missing.
 * @throws {TypeError} If one has the other direction or a driver.
 */
export function findPins(
  ports: PortLookup,
  pins: readonly string[],
  names: { prefix: string; driver: string },
): (Port | undefined)[] {
  const found = pins.map((pin) => {
    const name = names.prefix + pin.slice(1).replace(/\?$/, "");
    if (pin.endsWith("?") && !ports.hasPort(name)) return undefined;
    const port = ports.port(name);
    const direction = pin.startsWith(">") ? "output" : "input";
    if (port.info.direction !== direction) {
      throw new TypeError(
        `Cannot attach ${names.driver} as port "${name}" must be an ${direction} of the design: it is an ${port.info.direction}`,
      );
    }
    return port;
  });
  for (const port of found) {
    if (port?.info.direction === "input") port.claim(names.driver);
  }
  return found;
}

/**
 * Numbers pins for the shim.
 *
 * @param pins Ports, undefined where absent.
 * @returns Port numbers plus one, 0 for an absent pin.
 */
export function pinNumbers(pins: readonly (Port | undefined)[]): number[] {
  return pins.map((pin) => pin === undefined ? 0 : pin.index + 1);
}

/**
 * Turns a probability into the shim's unit.
 *
 * @param chance In [0, 1).
 * @param what Whose it is, for the error.
 * @returns In 1/65536.
 * @throws {RangeError} If it is outside: a certain stall would never end.
 */
export function chanceOf(chance: number, what: string): number {
  if (!(chance >= 0 && chance < 1)) {
    throw new RangeError(
      `Cannot stall ${what} as a probability must be in [0, 1): received ${chance}`,
    );
  }
  return Math.round(chance * 65536);
}
