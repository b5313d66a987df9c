/**
 * How to test a module of your own: build it, start it, feed one stream, drain the other, compare.
 * With your own project import from "@sterna/sterna/testbench".
 */
import assert from "node:assert/strict";
import { build } from "../mod.ts";

const SOURCE = new URL("./example_accumulator.v", import.meta.url);

/** What the module must do, in a line: one sum a packet. */
function sumsOf(packets: readonly number[][]): number[] {
  return packets.map((packet) => packet.reduce((sum, value) => sum + value, 0));
}

/** Packets of 1 to 8 numbers of 12 bits, the same ones every time. */
const PACKETS = Array.from({ length: 50 }, (_, packet) => {
  return Array.from(
    { length: packet % 8 + 1 },
    (_, at) => (packet * 977 + at * 331) % 4096 - 2048,
  );
});

Deno.test("example_accumulator adds up each packet under stalls", async () => {
  const design = await build({
    top: "example_accumulator",
    sources: [SOURCE],
    parameters: { WIDTH: 12 },
    trace: true,
  });
  for (const stalls of [0, 0.3, 0.7]) {
    await using dut = await design.start();
    const waveform = await Deno.makeTempFile({ suffix: ".fst" });
    dut.traceTo(waveform);
    const input = dut.source("in_", {
      payload: ["data", "last"],
      stalls,
      seed: 1,
    });
    const output = dut.sink("out_", { signed: true, stalls, seed: 2 });
    dut.reset();
    for (const packet of PACKETS) {
      input.pushFields(
        packet.map((data, at) => ({
          data,
          last: at + 1 === packet.length ? 1 : 0,
        })),
      );
    }
    assert.deepEqual(
      output.take(PACKETS.length, { timeout: 10_000 }),
      sumsOf(PACKETS),
    );
    dut.traceStop();
    assert.ok((await Deno.stat(waveform)).size > 0);
    await Deno.remove(waveform);
  }
});

Deno.test("example_accumulator with a seeded fault gives other sums", async () => {
  const text = await Deno.readTextFile(SOURCE);
  const faulty = text.replace("sum <= sum + wide;", "sum <= sum - wide;");
  assert.notEqual(faulty, text);
  const design = await build({
    top: "example_accumulator",
    sources: [{ name: "example_accumulator.v", text: faulty }],
    parameters: { WIDTH: 12 },
  });
  await using dut = await design.start();
  const input = dut.source("in_", { payload: ["data", "last"] });
  const output = dut.sink("out_", { signed: true });
  dut.reset();
  input.pushFields([{ data: 5, last: 0 }, { data: 6, last: 1 }]);
  assert.notDeepEqual(output.take(1), [11]);
});
