import assert from "node:assert/strict";
import {
  bf16ToF32,
  f16ToF32,
  f32ToBf16,
  f32ToF16,
  type FloatFormat,
  widenToF32,
} from "./float.ts";

/** The value of a pattern by the definition of binary floating point. */
function slowValue(bits: number, exponentBits: number, mantissaBits: number) {
  const sign = bits >> (exponentBits + mantissaBits) ? -1 : 1;
  const exponent = (bits >> mantissaBits) & (2 ** exponentBits - 1);
  const mantissa = bits & (2 ** mantissaBits - 1);
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 2 ** exponentBits - 1) {
    return mantissa ? NaN : sign * Infinity;
  }
  if (exponent === 0) return sign * mantissa * 2 ** (1 - bias - mantissaBits);
  return sign * (1 + mantissa / 2 ** mantissaBits) * 2 ** (exponent - bias);
}

const FORMATS = [
  ["f16", 5, 10, f16ToF32, f32ToF16],
  ["bf16", 8, 7, bf16ToF32, f32ToBf16],
] as const;

for (const [format, exponentBits, mantissaBits, widen, narrow] of FORMATS) {
  const infinity = (2 ** exponentBits - 1) << mantissaBits;

  Deno.test(`${format} widens exactly for all 65,536 patterns`, () => {
    const bytes = new Uint8Array(
      Uint16Array.from({ length: 65_536 }, (_, i) => i).buffer,
    );
    const all = widenToF32(format, bytes);
    for (let bits = 0; bits < 65_536; bits++) {
      const expected = slowValue(bits, exponentBits, mantissaBits);
      if (
        !Object.is(widen(bits), expected) || !Object.is(all[bits], expected)
      ) assert.equal(widen(bits), expected, `pattern ${bits}`);
    }
  });

  Deno.test(`${format} survives widening and narrowing for all patterns`, () => {
    for (let bits = 0; bits < 65_536; bits++) {
      const back = narrow(widen(bits));
      if ((bits & 0x7fff) > infinity) {
        if ((back & 0x7fff) <= infinity) assert.fail(`NaN ${bits} got lost`);
      } else if (back !== bits) assert.equal(back, bits);
    }
  });

  Deno.test(`${format} narrows to the nearest value and ties to even`, () => {
    // For each pair of neighbours: the tie, and one float32 step to its sides.
    const step = new Float32Array(1);
    const stepBits = new Uint32Array(step.buffer);
    for (let bits = 0; bits < infinity; bits++) {
      const low = widen(bits);
      const high = bits + 1 === infinity // what the next exponent would give
        ? 2 ** (2 ** (exponentBits - 1))
        : widen(bits + 1);
      const tie = low / 2 + high / 2;
      const even = bits & 1 ? bits + 1 : bits;
      step[0] = tie;
      if (step[0] !== tie) continue; // the tie is below float32's subnormals
      const rows = [[tie, even]];
      stepBits[0]!--;
      rows.push([step[0]!, bits]);
      stepBits[0]! += 2;
      rows.push([step[0]!, bits + 1]);
      for (const [value, expected] of rows as [number, number][]) {
        if (narrow(value) !== expected || narrow(-value) !== expected + 32768) {
          assert.equal(narrow(value), expected, `${value}`);
          assert.equal(narrow(-value), expected + 32768, `${-value}`);
        }
      }
    }
  });
}

Deno.test("narrowing keeps the sign of zero and of infinity", () => {
  assert.equal(f32ToF16(-0), 0x8000);
  assert.equal(f32ToBf16(-0), 0x8000);
  assert.equal(f32ToF16(-Infinity), 0xfc00);
  assert.equal(f32ToBf16(-Infinity), 0xff80);
  assert.equal(f32ToF16(65_519), 0x7bff);
  assert.equal(f32ToF16(65_520), 0x7c00);
});

Deno.test("widenToF32() reads bytes at any offset and copies them", () => {
  const bytes = Uint8Array.from([9, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
  const view = bytes.subarray(1);
  const values = widenToF32("f32", view);
  assert.deepEqual(values, Float32Array.of(1, -2));
  bytes.fill(0);
  assert.deepEqual(values, Float32Array.of(1, -2));
  const halves = Uint8Array.from([9, 0, 0x3c, 0, 0xc0]).subarray(1);
  assert.deepEqual(widenToF32("f16", halves), Float32Array.of(1, -2));
  const brains = Uint8Array.from([9, 0x80, 0x3f]).subarray(1);
  assert.deepEqual(widenToF32("bf16", brains), Float32Array.of(1));
});

Deno.test("widenToF32() refuses a cut element", () => {
  const rows: [FloatFormat, number][] = [["f32", 7], ["f16", 3], ["bf16", 1]];
  for (const [format, size] of rows) {
    assert.throws(() => widenToF32(format, new Uint8Array(size)), {
      name: "RangeError",
      message: `Cannot widen ${format} as its elements take ${
        format === "f32" ? 4 : 2
      } bytes: there are ${size} bytes`,
    });
  }
});
