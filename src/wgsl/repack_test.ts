import assert from "node:assert/strict";
import fc from "fast-check";
import { packRow, type TritPacking } from "../base/mod.ts";
import { rowBytes } from "../ir/mod.ts";
import { packTernary, widenVector } from "./repack.ts";

/** The trit of a word that a kernel would read at column k of a row. */
function tritAt(
  words: Uint32Array,
  [row, k]: readonly [number, number],
  quads: number,
): number {
  const word = words[Math.floor(k / 16) * 4 * quads + row]!;
  const j = k % 16;
  return ((word >>> (8 * (j % 4) + 2 * (j >> 2))) & 3) - 1;
}

Deno.test("packTernary() puts every trit of every block where kernels look for it", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("ternary-base3" as const, "ternary-2bit" as const),
      fc.integer({ min: 1, max: 13 }),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 3 }),
      fc.infiniteStream(fc.constantFrom(-1, 0, 1)),
      (encoding: TritPacking, rows, columns, quads, stream) => {
        const size = rowBytes(encoding, columns);
        const bytes = new Uint8Array(rows * size);
        const trits = Array.from({ length: rows }, (_, n) => {
          const row = Int8Array.from(
            { length: columns },
            () => stream.next().value as number,
          );
          packRow(encoding, row, bytes.subarray(n * size, (n + 1) * size));
          return row;
        });
        const decl = { encoding, shape: [rows, columns] };
        for (let firstQuad = 0; firstQuad * 4 < rows; firstQuad += quads) {
          const words = packTernary(decl, bytes, { firstQuad, quads });
          assert.equal(words.length, Math.ceil(columns / 16) * quads * 4);
          for (let row = 0; row < 4 * quads; row++) {
            const source = trits[4 * firstQuad + row];
            for (let k = 0; k < columns; k++) {
              assert.equal(
                tritAt(words, [row, k], quads),
                source === undefined ? -1 : source[k],
              );
            }
          }
        }
      },
    ),
  );
});

Deno.test("widenVector() gives 32 bits an element and keeps every value", () => {
  const i16 = new Uint8Array(Int16Array.of(-32_767, 0, 5).buffer);
  const wide = widenVector({ encoding: "i16", shape: [3] }, i16);
  assert.deepEqual(new Int32Array(wide.buffer), Int32Array.of(-32_767, 0, 5));
  const bf16 = new Uint8Array(Uint16Array.of(0x3f80, 0xc000).buffer);
  const floats = widenVector({ encoding: "bf16", shape: [2] }, bf16);
  assert.deepEqual(new Float32Array(floats.buffer), Float32Array.of(1, -2));
  assert.throws(
    () => widenVector({ encoding: "i8", shape: [2] }, new Uint8Array(2)),
    {
      name: "TypeError",
      message: "Cannot upload a vector as kernels have no i8 form of it: [2]",
    },
  );
});
