import assert from "node:assert/strict";
import { Scratch } from "../../tests/command_line.ts";
import {
  baseName,
  FileFolder,
  FileSource,
  pathError,
  readText,
  writeFile,
} from "./files.ts";

const BYTES = Uint8Array.from({ length: 1_000 }, (_, i) => i);

Deno.test("a file gives its ranges in any order, also at once", async () => {
  await using scratch = await Scratch.create();
  const path = await scratch.put("a.bin", BYTES);
  const source = await FileSource.open(path);
  try {
    assert.equal(source.name, "a.bin");
    assert.equal(source.size, 1_000);
    const ranges = [[990, 10], [0, 3], [500, 0], [1, 999], [1_000, 0]] as const;
    const parts = await Promise.all(
      ranges.map(([at, length]) => source.read(at, length)),
    );
    ranges.forEach(([at, length], i) =>
      assert.deepEqual(parts[i], BYTES.slice(at, at + length))
    );
    for (const [at, length] of [[-1, 2], [0, 1_001], [1_000, 1], [0, -1]]) {
      await assert.rejects(source.read(at!, length!), {
        name: "RangeError",
        message: /^Cannot read -?\d+ bytes at -?\d+ of a\.bin as it has 1000/,
      });
    }
    // A refused read does not end the reads that come after it.
    assert.deepEqual(await source.read(1, 1), Uint8Array.of(1));
  } finally {
    source.close();
  }
});

Deno.test("a file that becomes shorter is noticed", async () => {
  await using scratch = await Scratch.create();
  const path = await scratch.put("a.bin", BYTES);
  const source = await FileSource.open(path);
  try {
    await Deno.truncate(path, 100);
    await assert.rejects(source.read(50, 100), {
      name: "RangeError",
      message: "Cannot read a.bin as it became shorter: 100 bytes",
    });
  } finally {
    source.close();
  }
});

Deno.test("what is no file is refused at once, a pipe too", async () => {
  await using scratch = await Scratch.create();
  const pipe = `${scratch.path}/pipe`;
  await new Deno.Command("mkfifo", { args: [pipe] }).output();
  const rows: [string, RegExp][] = [
    [scratch.path, /as it must be a file$/],
    ["/dev/zero", /as it must be a file$/],
    [pipe, /as it must be a file$/],
    [`${scratch.path}/none`, /as there is no such path$/],
  ];
  for (const [path, message] of rows) {
    await assert.rejects(FileSource.open(path), { name: "TypeError", message });
  }
  assert.equal(await FileSource.find(`${scratch.path}/none`), undefined);
});

Deno.test("a folder opens its members and closes them", async () => {
  await using scratch = await Scratch.create();
  await scratch.put("sub/a.bin", BYTES);
  const folder = new FileFolder(`${scratch.path}/sub//`);
  assert.equal(folder.name, "sub");
  const source = await folder.open("a.bin");
  assert.equal(source?.size, 1_000);
  assert.equal(await folder.open("b.bin"), undefined);
  folder.close();
  await assert.rejects(source!.read(0, 1));
  assert.equal(new FileFolder(`${scratch.path}/sub/.`).name, "sub");
});

Deno.test("a written file appears whole, at any order of writes", async () => {
  await using scratch = await Scratch.create();
  const path = `${scratch.path}/out`;
  await writeFile(path, async (sink) => {
    await sink.write(500, BYTES.subarray(500));
    assert.ok(!scratch.list().includes("out"));
    await sink.write(0, BYTES.subarray(0, 500));
  });
  assert.deepEqual(await Deno.readFile(path), BYTES);
  assert.deepEqual(scratch.list(), ["out"]);
  // And replaces what was there, at once.
  await writeFile(path, (sink) => sink.write(0, Uint8Array.of(7)));
  assert.deepEqual(await Deno.readFile(path), Uint8Array.of(7));
  assert.deepEqual(scratch.list(), ["out"]);
});

Deno.test("nothing stays of a file that fails, and what was there stays", async () => {
  await using scratch = await Scratch.create();
  const path = await scratch.put("out", "before");
  await assert.rejects(
    writeFile(path, async (sink) => {
      await sink.write(0, BYTES);
      throw new SyntaxError("Cannot go on");
    }),
    { name: "SyntaxError", message: "Cannot go on" },
  );
  assert.deepEqual(scratch.list(), ["out"]);
  assert.equal(await readText(path), "before");
});

Deno.test("a path where no file can appear is refused before the work", async () => {
  await using scratch = await Scratch.create();
  await scratch.put("file", "x");
  const rows: [string, RegExp][] = [
    ["", /^Cannot write "" as it must name a file$/],
    [`${scratch.path}/new/`, /must name a file$/],
    [scratch.path, /as it is a folder$/],
    ["/dev/null", /as it is not a plain file$/],
    [`${scratch.path}/none/out`, /as there is no such path$/],
    [`${scratch.path}/file/out`, /as a part of the path is not a folder$/],
  ];
  for (const [path, message] of rows) {
    await assert.rejects(
      writeFile(path, () => assert.fail("The work began")),
      { name: "TypeError", message },
    );
  }
  assert.deepEqual(scratch.list(), ["file"]);
});

Deno.test("a commit that fails leaves no partial file", async () => {
  await using scratch = await Scratch.create();
  const path = `${scratch.path}/out`;
  await assert.rejects(
    writeFile(path, async (sink) => {
      await sink.write(0, BYTES);
      await Deno.mkdir(path); // so that the name is taken by a folder
    }),
    (error) =>
      error instanceof Error &&
      /^Cannot write .*\/out as /.test(error.message),
  );
  assert.deepEqual(scratch.list(), ["out"]);
});

Deno.test("what the system says becomes words about the path", () => {
  const denied = pathError("open", "x", new Deno.errors.PermissionDenied("y"));
  assert.equal(denied.name, "TypeError");
  assert.equal(denied.message, "Cannot open x as permission is denied");
  const full = pathError(
    "write",
    "x",
    new Error("No space left on device (os error 28): writefile 'x.partial'"),
  );
  assert.equal(full.name, "Error");
  assert.equal(
    full.message,
    "Cannot write x as the system refuses: No space left on device",
  );
  assert.match(pathError("read", "x", "odd").message, /refuses: odd$/);
});

Deno.test("a text file is read, and what is none is refused", async () => {
  await using scratch = await Scratch.create();
  assert.equal(await readText(await scratch.put("a", "the é")), "the é");
  await assert.rejects(readText(scratch.path), {
    name: "TypeError",
    message: /as it is a folder$/,
  });
});

Deno.test("the name of a path is its last part", () => {
  const rows = [["/a/b.c", "b.c"], ["a/", "a"], ["a", "a"], ["/", "/"]];
  for (const [path, name] of rows) assert.equal(baseName(path!), name);
});
