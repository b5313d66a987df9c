import assert from "node:assert/strict";
import { unpackRow } from "../../base/mod.ts";
import { I2S_GROUP, type I2sLayout, repackI2s } from "./i2_s.ts";

/** Packs as the quantizer of bitnet.cpp does: or-ing each code into its place. */
function pack(trits: Int8Array, layout: I2sLayout): Uint8Array {
  const group = I2S_GROUP[layout];
  const bytes = new Uint8Array(trits.length / 4);
  for (let i = 0; i < trits.length / group; i++) {
    for (let j = 0; j < group; j++) {
      const lane = Math.floor(j / (group / 4));
      const place = j % (group / 4);
      bytes[i * (group / 4) + place]! |= (trits[i * group + j]! + 1) <<
        (6 - 2 * lane);
    }
  }
  return bytes;
}

const COLUMNS = 384;
const ROWS = 3;

const TRITS = Int8Array.from({ length: ROWS * COLUMNS }, (_, i) => {
  return Math.floor(Math.abs(Math.sin(i + 1)) * 1e4) % 3 - 1;
});

for (const layout of ["x86", "arm"] as const) {
  for (const packing of ["ternary-base3", "ternary-2bit"] as const) {
    Deno.test(`${layout} codes become ${packing} without loss`, () => {
      const packed = repackI2s(
        pack(TRITS, layout),
        COLUMNS,
        { layout, packing },
        "w",
      );
      const row = new Int8Array(COLUMNS);
      const bytes = packed.length / ROWS;
      for (let r = 0; r < ROWS; r++) {
        unpackRow(packing, packed.subarray(r * bytes, (r + 1) * bytes), row);
        const expected = TRITS.subarray(r * COLUMNS, (r + 1) * COLUMNS);
        assert.deepEqual(row, expected);
      }
    });
  }
}

Deno.test("the layouts differ, so that a wrong choice is another matrix", () => {
  assert.notDeepEqual(pack(TRITS, "x86"), pack(TRITS, "arm"));
});

Deno.test("a code that is no trit is refused by its place", () => {
  const codes = pack(TRITS, "x86");
  codes[200] = 0b01_11_00_00;
  assert.throws(
    () =>
      repackI2s(
        codes,
        COLUMNS,
        { layout: "x86", packing: "ternary-2bit" },
        "w",
      ),
    /Cannot read "w" as I2_S: byte 200 has the code 3/,
  );
});
