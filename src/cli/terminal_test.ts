import assert from "node:assert/strict";
import { MAX_INPUT_BYTES, progress, readInput } from "./terminal.ts";

/** Runs an action with standard error caught and time in our hands. */
function watched(action: (pass: (ms: number) => void) => void): string {
  let now = 1_000;
  let caught = "";
  const { stderr } = Deno;
  const before = [
    performance.now,
    stderr.writeSync,
    stderr.isTerminal,
  ] as const;
  performance.now = () => now;
  stderr.writeSync = (bytes) => {
    caught += new TextDecoder().decode(bytes);
    return bytes.length;
  };
  stderr.isTerminal = () => false;
  try {
    action((ms) => now += ms);
  } finally {
    [performance.now, stderr.writeSync, stderr.isTerminal] = before;
  }
  return caught;
}

Deno.test("what is done within a second shows no progress", () => {
  const shown = watched((pass) => {
    const show = progress("Working");
    for (let done = 0; done <= 100; done++, pass(9)) show(done, 100);
  });
  assert.equal(shown, "");
});

Deno.test("what takes longer shows a line every ten per cent", () => {
  const shown = watched((pass) => {
    const show = progress("Working");
    for (let done = 0; done <= 100; done++, pass(50)) show(done, 100);
  });
  const lines = [20, 30, 40, 50, 60, 70, 80, 90, 100];
  assert.equal(shown, lines.map((n) => `Working ${n} %\n`).join(""));
});

Deno.test("progress of nothing is not shown", () => {
  const shown = watched((pass) => {
    const show = progress("Working");
    pass(5_000);
    show(0, 0);
  });
  assert.equal(shown, "");
});

Deno.test("standard input is read to its end, characters in pieces too", async () => {
  const bytes = new TextEncoder().encode("the é\n");
  const pieces = Array.from(bytes, (byte) => Uint8Array.of(byte));
  assert.equal(await readInput(ReadableStream.from(pieces)), "the é\n");
  assert.equal(await readInput(ReadableStream.from([])), "");
});

Deno.test("standard input without end is refused", async () => {
  const piece = new Uint8Array(2 ** 20);
  let given = 0;
  const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      given += piece.length;
      controller.enqueue(piece);
    },
  });
  await assert.rejects(readInput(endless), {
    name: "RangeError",
    message: /^Cannot read standard input of more than 67108864 bytes$/,
  });
  assert.ok(given <= MAX_INPUT_BYTES + 4 * piece.length);
});
