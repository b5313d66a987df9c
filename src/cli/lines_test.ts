import assert from "node:assert/strict";
import { LineReader } from "./lines.ts";

async function linesOf(...pieces: string[]): Promise<string[]> {
  const bytes = pieces.map((piece) => new TextEncoder().encode(piece));
  const reader = new LineReader(ReadableStream.from(bytes));
  const lines: string[] = [];
  for (;;) {
    const line = await reader.next();
    if (line === undefined) break;
    lines.push(line);
  }
  assert.equal(await reader.next(), undefined);
  await reader.close();
  return lines;
}

Deno.test("lines come one by one however they arrive", async () => {
  assert.deepEqual(await linesOf("a\nb\n\nc"), ["a", "b", "", "c"]);
  assert.deepEqual(await linesOf("a", "b\r", "\nc\n"), ["ab", "c"]);
  assert.deepEqual(await linesOf(), []);
  assert.deepEqual(await linesOf("\n"), [""]);
});

Deno.test("a character in two pieces stays one, and half of one is shown", async () => {
  const bytes = new TextEncoder().encode("é\n");
  const reader = new LineReader(
    ReadableStream.from([bytes.slice(0, 1), bytes.slice(1), bytes.slice(0, 1)]),
  );
  assert.equal(await reader.next(), "é");
  assert.equal(await reader.next(), "\uFFFD");
});

Deno.test("a line without end is refused", async () => {
  const piece = new Uint8Array(2 ** 20).fill(97);
  const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => controller.enqueue(piece),
  });
  await assert.rejects(new LineReader(endless).next(), {
    name: "RangeError",
    message: /^Cannot read a line of more than 4194304 characters$/,
  });
});
