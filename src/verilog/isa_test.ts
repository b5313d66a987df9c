import assert from "node:assert/strict";
import {
  encodeInstruction,
  FIELDS,
  type InstructionKind,
  OPCODES,
  printInstruction,
} from "./isa.ts";

const ISA_TEXT = await Deno.readTextFile(new URL("ISA.md", import.meta.url));

Deno.test("encodeInstruction() puts fields where ISA.md says", async (t) => {
  for (const [kind, code] of Object.entries(OPCODES)) {
    await t.step(kind, () => {
      const heading = `### ${kind} (${code})`;
      const from = ISA_TEXT.indexOf(heading);
      assert.ok(from >= 0, heading);
      const rest = ISA_TEXT.slice(from + heading.length);
      const section = rest.slice(0, rest.search(/^#{2,3} /m));
      const documented = [
        ...section.matchAll(/^\| (\d+)(?:\.\.(\d+))? +\| (\w+)/gm),
      ].map(([, high, low, name]) => [
        name!,
        Number(low ?? high),
        Number(high) - Number(low ?? high) + 1,
      ]);
      let at = 0;
      const packed = FIELDS[kind as InstructionKind].map(([name, width]) => {
        at += width;
        return [name, at - width, width];
      }).filter(([name]) => !["", "op", "wait"].includes(String(name)));
      assert.deepEqual(documented, packed);
      assert.ok(at <= 128);
    });
  }
});

Deno.test("encodeInstruction() packs negative exponents and refuses what does not fit", () => {
  const words = encodeInstruction({
    kind: "scalar",
    fields: { sop: 2, d: 31, m: 0xabcd, e: -1 },
  });
  assert.deepEqual([...words], [0x1f204, 0x0fffabcd, 0, 0]);
  assert.throws(
    () => encodeInstruction({ kind: "vector", fields: { words: 8192 } }),
    /words must be in 0..8191: 8192/,
  );
  assert.throws(
    () => encodeInstruction({ kind: "scalar", fields: { e: -2049 } }),
    RangeError,
  );
  assert.throws(
    () => encodeInstruction({ kind: "load", fields: { speed: 1 } }),
    /no field speed/,
  );
});

Deno.test("printInstruction() shows what is not 0", () => {
  const text = printInstruction({
    kind: "load",
    fields: { wait: 0, beats: 3 },
  });
  assert.equal(text, "load beats=3");
});
