/**
 * Conversions between float32 and its two 16-bit relatives, on bit patterns, so
 * that every engine gives the same result: no `Float16Array`, no arithmetic
 * that could flush a subnormal. Widening is exact. Narrowing rounds to the
 * nearest value and ties to the even one, as IEEE 754 does by default.
 *
 * Typed arrays are read in the order of the host; every host of a WebGPU or a
 * V8 engine stores the low byte first, as all model files do.
 */

/** Floating-point number formats that a tensor can be stored in. */
export type FloatFormat = "f32" | "f16" | "bf16";

/** Bytes an element of a format takes. */
export const FLOAT_BYTES: Readonly<Record<FloatFormat, number>> = {
  f32: 4,
  f16: 2,
  bf16: 2,
};

const VALUE = new Float32Array(1);
const BITS = new Uint32Array(VALUE.buffer);

/** What each of the 65,536 half-precision patterns is in float32 bits. */
let halfBits: Uint32Array<ArrayBuffer> | undefined;

/**
 * Widens a half-precision number.
 *
 * @param bits The 16 bits; higher ones are ignored.
 * @returns The same number; a NaN keeps its sign and payload in the bits.
 */
export function f16ToF32(bits: number): number {
  BITS[0] = widenHalf(bits);
  return VALUE[0]!;
}

/**
 * Widens a bfloat16 number.
 *
 * @param bits The 16 bits; higher ones are ignored.
 * @returns The same number.
 */
export function bf16ToF32(bits: number): number {
  BITS[0] = (bits & 0xffff) << 16;
  return VALUE[0]!;
}

/**
 * Narrows a number to half precision.
 *
 * @param value A number, rounded to float32 first.
 * @returns 16 bits: the nearest half, ties to even, infinity beyond 65,519.
 */
export function f32ToF16(value: number): number {
  VALUE[0] = value;
  const bits = BITS[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) {
    return sign | 0x7e00 | ((magnitude >>> 13) & 0x1ff); // NaN, made quiet
  }
  if (magnitude >= 0x47800000) return sign | 0x7c00; // 65,536 and more
  const exponent = magnitude >>> 23;
  if (exponent >= 113) { // normal in half precision, a carry may make infinity
    return sign | roundShift(magnitude - (112 << 23), 13);
  }
  if (exponent < 102) return sign; // below half of the smallest subnormal
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  return sign | roundShift(mantissa, 126 - exponent);
}

/**
 * Narrows a number to bfloat16.
 *
 * @param value A number, rounded to float32 first.
 * @returns 16 bits: the nearest bfloat16, ties to even.
 */
export function f32ToBf16(value: number): number {
  VALUE[0] = value;
  const bits = BITS[0]!;
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return ((bits >>> 31) << 15) | roundShift(bits & 0x7fffffff, 16);
}

/**
 * Widens the bytes of a tensor.
 *
 * @param format How the elements are stored, low byte first.
 * @param bytes Whole elements; need not be aligned.
 * @returns The same numbers in float32, in a new array.
 * @throws {RangeError} If the last element is cut.
 */
export function widenToF32(
  format: FloatFormat,
  bytes: Uint8Array,
): Float32Array<ArrayBuffer> {
  const size = FLOAT_BYTES[format];
  if (bytes.length % size !== 0) {
    throw new RangeError(
      `Cannot widen ${format} as its elements take ${size} bytes: there are ${bytes.length} bytes`,
    );
  }
  if (format === "f32") return new Float32Array(bytes.slice().buffer);
  const source = shorts(bytes);
  const result = new Uint32Array(source.length);
  if (format === "bf16") {
    for (let i = 0; i < source.length; i++) result[i] = source[i]! << 16;
  } else {
    const table = halfTable();
    for (let i = 0; i < source.length; i++) result[i] = table[source[i]!]!;
  }
  return new Float32Array(result.buffer);
}

/** Shifts right and rounds to the nearest, ties to even. */
function roundShift(value: number, shift: number): number {
  const half = 2 ** (shift - 1);
  const odd = (value >>> shift) & 1;
  return (value + (half - 1) + odd) >>> shift;
}

function widenHalf(bits: number): number {
  const sign = (bits & 0x8000) << 16;
  const exponent = (bits >>> 10) & 31;
  const mantissa = bits & 0x3ff;
  if (exponent === 31) return sign | 0x7f800000 | (mantissa << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (mantissa << 13);
  if (mantissa === 0) return sign;
  const top = 31 - Math.clz32(mantissa); // value is mantissa * 2^-24
  return sign | ((top + 103) << 23) | ((mantissa << (23 - top)) & 0x7fffff);
}

function halfTable(): Uint32Array<ArrayBuffer> {
  halfBits ??= Uint32Array.from({ length: 65_536 }, (_, i) => widenHalf(i));
  return halfBits;
}

function shorts(bytes: Uint8Array): Uint16Array {
  if (bytes.byteOffset % 2 !== 0) return new Uint16Array(bytes.slice().buffer);
  return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
}
