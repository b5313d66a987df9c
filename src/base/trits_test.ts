import assert from "node:assert/strict";
import fc from "fast-check";
import {
  checkTrits,
  maxRowNonzeros,
  packRow,
  TRIT_TABLES,
  type TritPacking,
  TRITS_PER_BYTE,
  unpackRow,
} from "./trits.ts";

const PACKINGS: TritPacking[] = ["ternary-base3", "ternary-2bit"];

const trits = fc.array(fc.constantFrom(-1, 0, 1), {
  minLength: 1,
  maxLength: 23,
});

function packRows(
  packing: TritPacking,
  rows: readonly Int8Array[],
): Uint8Array {
  const size = Math.ceil(rows[0]!.length / TRITS_PER_BYTE[packing]);
  const bytes = new Uint8Array(rows.length * size);
  rows.forEach((row, i) =>
    packRow(packing, row, bytes.subarray(i * size, (i + 1) * size))
  );
  return bytes;
}

Deno.test("packed bytes are those of the definition", () => {
  const rows: [TritPacking, number[], number[]][] = [
    ["ternary-base3", [-1, -1, -1, -1, -1], [0]],
    ["ternary-base3", [1, 1, 1, 1, 1], [242]],
    ["ternary-base3", [1, 0, 0, 0, 0], [122]],
    ["ternary-base3", [0, 0, 0, 0, 1], [202]],
    ["ternary-base3", [-1], [120]],
    ["ternary-base3", [0, 0, 0, 0, 0, 1], [121, 122]],
    ["ternary-2bit", [-1, -1, -1, -1], [0]],
    ["ternary-2bit", [1, 1, 1, 1], [0b10101010]],
    ["ternary-2bit", [-1, 0, 1, 0], [0b01100100]],
    ["ternary-2bit", [1], [0b01010110]],
  ];
  for (const [packing, row, bytes] of rows) {
    const out = new Uint8Array(bytes.length);
    packRow(packing, Int8Array.from(row), out);
    assert.deepEqual([...out], bytes, `${packing} ${row}`);
  }
});

Deno.test("rows unpack to what was packed, and pass the check", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...PACKINGS),
      trits,
      fc.nat(4),
      (packing, list, more) => {
        const row = Int8Array.from(list);
        const rows = [
          row,
          ...Array.from(
            { length: more },
            (_, i) => row.map((t) => i % 2 ? t : -t),
          ),
        ];
        const bytes = packRows(packing, rows);
        checkTrits(packing, bytes, row.length, "w");
        const size = bytes.length / rows.length;
        rows.forEach((expected, i) => {
          const out = new Int8Array(row.length).fill(9);
          unpackRow(packing, bytes.subarray(i * size, (i + 1) * size), out);
          assert.deepEqual(out, expected);
        });
        const nonzeros = Math.max(
          ...rows.map((r) => r.filter((t) => t !== 0).length),
        );
        assert.equal(maxRowNonzeros(packing, bytes, row.length), nonzeros);
      },
    ),
  );
});

Deno.test("every byte that no packer writes is refused, and no other", () => {
  for (const packing of PACKINGS) {
    const per = TRITS_PER_BYTE[packing];
    let codes = 0;
    for (let byte = 0; byte < 256; byte++) {
      const row = TRIT_TABLES[packing].slice(byte * per, (byte + 1) * per);
      const again = new Uint8Array(1);
      packRow(packing, row, again);
      const isCode = row.every((t) => t >= -1 && t <= 1) && again[0] === byte;
      if (isCode) codes++;
      const check = () =>
        checkTrits(packing, Uint8Array.of(0, byte), 2 * per, "w");
      if (isCode) check();
      else {
        assert.throws(check, {
          name: "SyntaxError",
          message: `Cannot read w as ${packing}: byte 1 is ${byte}`,
        });
      }
    }
    assert.equal(codes, 3 ** per);
  }
});

Deno.test("trits beyond a row are refused in every row", () => {
  for (const packing of PACKINGS) {
    const rows = [Int8Array.of(1, 0, -1), Int8Array.of(0, 0, 1)];
    const bytes = packRows(packing, rows);
    checkTrits(packing, bytes, 3, "w");
    for (const at of [0, 1]) {
      for (const t of [-1, 1]) {
        const damaged = bytes.slice();
        packRow(packing, Int8Array.of(...rows[at]!, t), damaged.subarray(at));
        damaged.set(bytes.subarray(at + 1), at + 1);
        assert.throws(() => checkTrits(packing, damaged, 3, "w"), {
          name: "SyntaxError",
          message:
            `Cannot read w as ${packing}: byte ${at} has trits beyond the row`,
        });
      }
    }
  }
});
