/**
 * Port values as the bytes that Verilator stores: least significant first, nothing above the
 * width, 1, 2, 4, 8 or a multiple of 4 bytes.
 */
import type { PortInfo } from "./port_table.ts";

/** Widest port whose values are exact as numbers. */
export const MAX_NUMBER_BITS = 53;

/** A value for a port: words are 32 bits each, least significant first. */
export type PortValue = number | bigint | boolean | Uint32Array;

function refuse(info: PortInfo, value: PortValue): never {
  const shown = value instanceof Uint32Array
    ? `${value.length} words`
    : `${value}`;
  throw new RangeError(
    `Cannot set port "${info.name}" as the value must be an integer of ${info.width} bits: received ${shown}`,
  );
}

/**
 * Checks a value against a port's width.
 *
 * @param info The port.
 * @param value Unsigned up to the width, or negative down to its two's complement.
 * @returns The unsigned value.
 * @throws {RangeError} If it does not fit: nothing is cut off in silence.
 */
export function toUnsigned(info: PortInfo, value: PortValue): bigint {
  if (value instanceof Uint32Array) {
    const joined = value.reduceRight(
      (sum, word) => (sum << 32n) | BigInt(word),
      0n,
    );
    if (
      value.length !== Math.ceil(info.width / 32) ||
      joined >> BigInt(info.width) !== 0n
    ) {
      refuse(info, value);
    }
    return joined;
  }
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    refuse(info, value);
  }
  const big = BigInt(value);
  const limit = 1n << BigInt(info.width);
  if (big >= limit || big < -limit / 2n) refuse(info, value);
  return BigInt.asUintN(info.width, big);
}

/**
 * The same for a port whose values are numbers, without the cost of a bigint.
 *
 * @param info A port of at most 53 bits.
 * @param value The value.
 * @returns The unsigned value.
 * @throws {RangeError} If it does not fit.
 */
export function toUnsignedNumber(
  info: PortInfo,
  value: number | boolean,
): number {
  const number = Number(value);
  const limit = 2 ** info.width;
  if (!Number.isInteger(number) || number >= limit || number < -limit / 2) {
    refuse(info, value);
  }
  return number < 0 ? number + limit : number;
}

/**
 * Stores a value.
 *
 * @param info The port.
 * @param value The value.
 * @param bytes Where; `info.bytes` bytes from `at` on are written.
 * @param at First byte.
 * @throws {RangeError} If the value does not fit the port.
 */
export function encodeValue(
  info: PortInfo,
  value: PortValue,
  bytes: Uint8Array,
  at = 0,
): void {
  if (
    info.width <= MAX_NUMBER_BITS &&
    (typeof value === "number" || typeof value === "boolean")
  ) {
    let rest = toUnsignedNumber(info, value);
    for (let byte = 0; byte < info.bytes; byte++) {
      bytes[at + byte] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    return;
  }
  let rest = toUnsigned(info, value);
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, info.bytes);
  if (info.bytes < 4) {
    for (let byte = 0; byte < info.bytes; byte++) {
      view.setUint8(byte, Number((rest >> BigInt(8 * byte)) & 0xffn));
    }
    return;
  }
  for (let word = 0; word < info.bytes; word += 4) {
    view.setUint32(word, Number(rest & 0xffffffffn), true);
    rest >>= 32n;
  }
}

/**
 * Loads a value of any width.
 *
 * @param info The port.
 * @param bytes Where from.
 * @param at First byte.
 * @returns The unsigned value.
 */
export function decodeBig(info: PortInfo, bytes: Uint8Array, at = 0): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, info.bytes);
  let value = 0n;
  if (info.bytes < 4) {
    for (let byte = info.bytes - 1; byte >= 0; byte--) {
      value = (value << 8n) | BigInt(view.getUint8(byte));
    }
    return value;
  }
  for (let word = info.bytes - 4; word >= 0; word -= 4) {
    value = (value << 32n) | BigInt(view.getUint32(word, true));
  }
  return value;
}

/**
 * Loads a value that a number holds exactly.
 *
 * @param info The port.
 * @param bytes Where from.
 * @param at First byte.
 * @returns The unsigned value.
 * @throws {RangeError} If the port is wider than 53 bits.
 */
export function decodeNumber(
  info: PortInfo,
  bytes: Uint8Array,
  at = 0,
): number {
  checkNumberWidth(info);
  let value = 0;
  for (let byte = info.bytes - 1; byte >= 0; byte--) {
    value = value * 256 + (bytes[at + byte] ?? 0);
  }
  return value;
}

/** @throws {RangeError} If numbers cannot hold the port's values. @param info The port. */
export function checkNumberWidth(info: PortInfo): void {
  if (info.width <= MAX_NUMBER_BITS) return;
  throw new RangeError(
    `Cannot read port "${info.name}" as a number has at most ${MAX_NUMBER_BITS} bits: it has ${info.width}`,
  );
}

/**
 * Reads an unsigned number as two's complement.
 *
 * @param value Unsigned, less than 2^width.
 * @param width Bits, at most 53.
 * @returns The signed value.
 */
export function asSigned(value: number, width: number): number {
  return value >= 2 ** (width - 1) ? value - 2 ** width : value;
}
