import { Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import assert from "node:assert/strict";
import { Scratch } from "../../../tests/command_line.ts";
import { someBytes } from "../../../tests/file_server.ts";
import { unpackMember } from "./wheel.ts";

/** Makes a zip file. */
async function zipOf(
  members: Record<string, Uint8Array<ArrayBuffer>>,
  level = 6,
): Promise<Uint8Array<ArrayBuffer>> {
  const zip = new ZipWriter(new Uint8ArrayWriter(), {
    level,
    useWebWorkers: false,
  });
  for (const [name, bytes] of Object.entries(members)) {
    await zip.add(name, new Blob([bytes]).stream());
  }
  return new Uint8Array(await zip.close());
}

async function unpack(
  path: string,
  member: string,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  await unpackMember(path, member, { maxBytes }, (bytes) => {
    parts.push(bytes.slice());
  });
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

const TEXT = new Uint8Array(300_000).map((_, i) => i >> 8);

Deno.test("a member is unpacked, compressed or stored, whatever is beside it", async () => {
  await using scratch = await Scratch.create();
  const members = { "a/x.py": someBytes(10), "a/m.gguf": TEXT };
  for (const level of [0, 6]) {
    const path = await scratch.put(`${level}.whl`, await zipOf(members, level));
    assert.deepEqual(await unpack(path, "a/m.gguf", TEXT.length), TEXT);
  }
});

Deno.test("a member that is not there or too large is refused by name", async () => {
  await using scratch = await Scratch.create();
  const path = await scratch.put("x.whl", await zipOf({ "m.gguf": TEXT }));
  await assert.rejects(unpack(path, "n.gguf", 10), {
    name: "SyntaxError",
    message: "Cannot unpack x.whl as it must have a member n.gguf",
  });
  await assert.rejects(unpack(path, "m.gguf", TEXT.length - 1), {
    name: "RangeError",
    message: /^Cannot unpack m\.gguf as it may have 299999 bytes: it has more$/,
  });
});

Deno.test("what fails while a member is written comes out as it is", async () => {
  await using scratch = await Scratch.create();
  const path = await scratch.put("x.whl", await zipOf({ "m.gguf": TEXT }));
  const full = new Error("Cannot write as the disk is full");
  await assert.rejects(
    unpackMember(path, "m.gguf", { maxBytes: 1e9 }, () => {
      throw full;
    }),
    full,
  );
});

Deno.test("a zip file with a flipped bit or a missing end is refused", async () => {
  await using scratch = await Scratch.create();
  const good = await zipOf({ "m.gguf": TEXT }, 0);
  const bad: Uint8Array<ArrayBuffer>[] = [
    good.with(good.length >> 1, good[good.length >> 1]! ^ 1),
    good.slice(0, -30),
    good.slice(0, 100),
    new Uint8Array(1_000),
    new Uint8Array(0),
  ];
  for (const [i, bytes] of bad.entries()) {
    const path = await scratch.put(`bad${i}.whl`, bytes);
    await assert.rejects(unpack(path, "m.gguf", TEXT.length), {
      name: "SyntaxError",
      message: /^Cannot unpack bad\d\.whl as a zip file: /,
    });
  }
});
