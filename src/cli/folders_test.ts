import assert from "node:assert/strict";
import { writeFolder } from "./folders.ts";

async function inTemporary(
  check: (path: string) => Promise<void>,
): Promise<void> {
  const path = await Deno.makeTempDir();
  try {
    await check(path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

function names(path: string): string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name);
}

const HELLO = new TextEncoder().encode("hello");

Deno.test("writeFolder() makes members in folders of their own, at offsets", async () => {
  await inTemporary(async (path) => {
    await writeFolder(`${path}/out/`, async (open) => {
      const sink = await open("a/b.txt");
      await sink.write(2, HELLO);
      await sink.write(0, HELLO.subarray(0, 2));
    });
    const bytes = await Deno.readTextFile(`${path}/out/a/b.txt`);
    assert.equal(bytes, "hehello");
    assert.deepEqual(names(path), ["out"]);
  });
});

Deno.test("writeFolder() leaves nothing behind when it fails", async () => {
  await inTemporary(async (path) => {
    const failing = writeFolder(`${path}/out`, async (open) => {
      await (await open("a.txt")).write(0, HELLO);
      throw new RangeError("Cannot go on");
    });
    await assert.rejects(failing, { message: "Cannot go on" });
    assert.deepEqual(names(path), []);
  });
});

Deno.test("writeFolder() takes an empty folder, and refuses a full one and a file", async () => {
  await inTemporary(async (path) => {
    await Deno.mkdir(`${path}/empty`);
    await writeFolder(`${path}/empty`, async (open) => {
      await (await open("a.txt")).write(0, HELLO);
    });
    assert.deepEqual(names(`${path}/empty`), ["a.txt"]);
    const never = () => Promise.reject(new Error("Was called"));
    await assert.rejects(writeFolder(`${path}/empty`, never), {
      name: "TypeError",
      message: /must be new or empty: it has a\.txt$/,
    });
    await assert.rejects(writeFolder(`${path}/empty/a.txt`, never), {
      name: "TypeError",
      message: /there is a file of that name$/,
    });
    await assert.rejects(writeFolder(`${path}/no/such`, never), {
      name: "TypeError",
      message: /its parent must be a folder$/,
    });
  });
});
