import assert from "node:assert/strict";
import {
  BLOCK_FORMATS,
  type BlockFormat,
  decodeFloats,
  makeParts,
  unpackBlocks,
} from "../../base/mod.ts";
import { encodedBytes } from "../../ir/mod.ts";
import { BLOCK_NAMES, randomBlocks } from "../../../tests/blocks.ts";
import { storedOf } from "./_codes.ts";
import {
  deviceRowWords,
  packRows,
  ROW_FORMATS,
  rowWords,
  weightBit,
} from "./mod.ts";

const COLUMNS = 512;

/** Two rows of random blocks. */
function matrix(format: BlockFormat) {
  const decl = { encoding: format, shape: [2, COLUMNS] };
  const blocks = 2 * COLUMNS / BLOCK_FORMATS[format].elements;
  const bytes = randomBlocks(format, blocks, 7);
  assert.equal(bytes.length, encodedBytes(format, decl.shape));
  return { decl, bytes };
}

for (const format of BLOCK_NAMES) {
  Deno.test(`packRows() keeps the codes of ${format} where weightBit() says`, () => {
    const { decl, bytes } = matrix(format);
    const words = packRows(decl, "rows", { bytes, quads: 1 });
    assert.equal(words.length, 4 * deviceRowWords(decl, "rows"));
    const { codes } = ROW_FORMATS[format];
    if (codes === "b3") return; // trits share their bytes: see below
    const parts = makeParts(format, 2 * COLUMNS);
    unpackBlocks(format, bytes, parts);
    const stored = storedOf(codes, parts.codes, ROW_FORMATS[format]);
    const bits = codes === "1" ? 1 : 2;
    for (let row = 0; row < 2; row++) {
      for (let column = 0; column < COLUMNS; column++) {
        for (let bit = 0; bit < bits; bit++) {
          const { word, shift } = weightBit(decl, "rows", column, bit);
          assert.equal(
            words[4 * word + row]! >>> shift & 1,
            stored[row * COLUMNS + column]! >> bit & 1,
            `row ${row} column ${column} bit ${bit}`,
          );
        }
      }
    }
    for (let word = 0; word < words.length; word += 4) {
      assert.deepEqual([...words.subarray(word + 2, word + 4)], [0, 0]);
    }
  });
}

Deno.test("rows take at most 1.05 times their bytes, and no format loses a value", () => {
  for (const format of BLOCK_NAMES) {
    const { decl, bytes } = matrix(format);
    const size = 4 * rowWords(format, COLUMNS).all;
    assert.equal(size, 4 * deviceRowWords(decl, "rows"));
    assert.ok(size <= 1.05 * bytes.length / 2, `${format}: ${size}`);
    const packed = packRows(decl, "rows", { bytes, quads: 1 });
    for (const at of [0, 5, bytes.length - 3]) {
      const changed = bytes.slice();
      changed[at]! ^= 1;
      const other = packRows(decl, "rows", { bytes: changed, quads: 1 });
      // Some bytes of trits stand for the same five.
      const same = decodeFloats(format, bytes).join() ===
        decodeFloats(format, changed).join();
      assert.equal(other.join() === packed.join(), same, `${format}: ${at}`);
    }
  }
});
