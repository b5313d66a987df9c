/**
 * What sources and sinks share: names of the pins, layout of a beat, attaching in the shim.
 */
import type { Instance } from "./instance.ts";
import { chanceOf, findPins, pinNumbers } from "./pins.ts";
import type { PortInfo } from "./port_table.ts";

/** Names and manners of one end of a stream. */
export interface StreamOptions {
  /** Payload pins behind the prefix. Default `["data"]`. */
  readonly payload?: readonly string[];
  /** Name of the valid pin behind the prefix. Default "valid". */
  readonly valid?: string;
  /** Name of the ready pin behind the prefix; a design may have none. Default "ready". */
  readonly ready?: string;
  /** Chance that a source leaves, or a sink is not ready in, a cycle. Default 0. */
  readonly stalls?: number;
  /** Seed of the stalls. Default 1. */
  readonly seed?: number;
  /** Whether payload values are two's complement when they are read. Default false. */
  readonly signed?: boolean;
  /** Number of the clock it runs on, from `dut.clock`. Default the first. */
  readonly clock?: number;
}

/** What an attached stream knows of itself. */
export interface AttachedStream {
  /** Its number in the shim. */
  readonly object: number;
  /** Payload names behind the prefix, in the order of a beat's bytes. */
  readonly names: readonly string[];
  /** The payload ports in the same order. */
  readonly ports: readonly PortInfo[];
  /** Bytes of a beat. */
  readonly beatBytes: number;
}

/**
 * Attaches one end of a stream.
 *
 * @param instance The running model.
 * @param prefix What the pins' names begin with.
 * @param options Operation of the shim, whether the design drives the payload, and the rest.
 * @returns Its number and the layout of a beat.
 */
export function attachStream(
  instance: Instance,
  prefix: string,
  options: StreamOptions & { operation: number; outgoing: boolean },
): AttachedStream {
  const { payload = ["data"], valid = "valid", ready = "ready" } = options;
  const driver = `the ${options.outgoing ? "sink" : "source"} on "${prefix}"`;
  const [forward, back] = options.outgoing ? [">", "<"] : ["<", ">"];
  const pins = findPins(
    instance,
    [
      `${forward}${valid}`,
      `${back}${ready}?`,
      ...payload.map((name) => forward + name),
    ],
    { prefix, driver },
  );
  const chance = chanceOf(options.stalls ?? 0, driver);
  const args = [
    chance,
    options.clock ?? 0,
    options.seed ?? 1,
    ...pinNumbers(pins),
  ];
  const text = new TextEncoder().encode(prefix);
  const object = instance.transport.call(options.operation, args, text);
  const ports = pins.slice(2).flatMap((pin) =>
    pin === undefined ? [] : [pin.info]
  );
  const beatBytes = ports.reduce((sum, port) => sum + port.bytes, 0);
  return { object, names: payload, ports, beatBytes };
}

/**
 * Gives the only payload port.
 *
 * @param stream The stream.
 * @returns The port.
 * @throws {TypeError} If a beat has several: then its fields have to be named.
 */
export function onlyPort(stream: AttachedStream): PortInfo {
  const [port] = stream.ports;
  if (stream.ports.length !== 1 || port === undefined) {
    throw new TypeError(
      `Cannot use plain values as a beat must have one payload port: it has ${
        stream.names.join(", ")
      }`,
    );
  }
  return port;
}
