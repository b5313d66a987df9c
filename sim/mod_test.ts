/**
 * Ports, clocks, waiting, ends and crashes of a running design, in both modes where the two could
 * differ.
 */
import assert from "node:assert/strict";
import { buildFixture, inBothModes } from "./_fixtures.ts";

Deno.test("Dut.port() carries values of every width", async (t) => {
  await inBothModes(t, async (mode) => {
    const design = await buildFixture("port_widths", { mode });
    await using dut = await design.start();
    dut.port("narrow").set(0b10110);
    assert.equal(dut.port("narrow_not").get(), 0b01001);
    dut.port("half").set(-12345);
    assert.equal(dut.port("half_negated").getSigned(), 12345);
    dut.port("half").set(12345);
    assert.equal(dut.port("half_negated").getSigned(), -12345);
    assert.equal(dut.port("half_negated").get(), 65536 - 12345);
    dut.port("word").set(0x12345678);
    assert.equal(dut.port("word_swapped").get(), 0x56781234);
    dut.port("extended").set(2 ** 52 + 1);
    assert.equal(dut.port("extended_reversed").get(), 2 ** 52 + 1);
    dut.port("extended").set(3n);
    assert.equal(dut.port("extended_reversed").get(), 2 ** 52 + 2 ** 51);
    const wide = (1n << 599n) | 0xabcdn;
    dut.port("wide").set(wide);
    assert.equal(
      dut.port("wide_rotated").getBig(),
      (0xcdn << 592n) | (wide >> 8n),
    );
    dut.port("wide").set(-1n);
    assert.equal(dut.port("wide_rotated").getBigSigned(), -1n);
    const words = Uint32Array.from(
      { length: 19 },
      (_, word) => word < 18 ? word * 0x01010101 : 7,
    );
    dut.port("wide").set(words);
    assert.deepEqual(dut.port("wide").getWords(), words);
    assert.equal(dut.port("two__underscores").get(), 0x55);
  });
});

Deno.test("Dut.port() refuses what does not fit", async () => {
  const design = await buildFixture("port_widths");
  await using dut = await design.start();
  assert.throws(() => dut.port("missing"), {
    name: "RangeError",
    message:
      /Cannot find port "missing" as the design must declare it: it has .*narrow_not/,
  });
  assert.throws(() => dut.port("narrow").set(32), {
    name: "RangeError",
    message:
      'Cannot set port "narrow" as the value must be an integer of 5 bits: received 32',
  });
  assert.throws(() => dut.port("narrow").set(-17), { name: "RangeError" });
  assert.throws(() => dut.port("narrow").set(0.5), { name: "RangeError" });
  assert.throws(() => dut.port("wide").set(1n << 600n), { name: "RangeError" });
  assert.throws(() => dut.port("narrow_not").set(0), {
    name: "TypeError",
    message:
      'Cannot set port "narrow_not" as only inputs can be driven: it is an output',
  });
  assert.throws(() => dut.port("clk").set(0), {
    name: "TypeError",
    message: /a clock drives it/,
  });
  assert.throws(() => dut.port("wide").get(), {
    name: "RangeError",
    message: /at most 53 bits/,
  });
});

Deno.test("Dut.tick() keeps clocks of different periods apart", async (t) => {
  await inBothModes(t, async (mode) => {
    const design = await buildFixture("port_widths", { mode });
    await using dut = await design.start({ periodPs: 1000 });
    dut.clock("clk_slow", { periodPs: 2500 });
    dut.tick(1000);
    assert.equal(dut.cycle, 1000);
    assert.equal(dut.port("fast_edges").get(), 1000);
    assert.equal(dut.port("slow_edges").get(), 400);
  });
});

Deno.test("Design.start() gives registers without reset seeded random bits", async () => {
  const design = await buildFixture("port_widths");
  const read = async (seed: number): Promise<number> => {
    await using dut = await design.start({ seed });
    return dut.port("undefined").get();
  };
  const first = await read(1);
  assert.equal(await read(1), first);
  assert.notEqual(await read(2), first);
  assert.equal(await read(0), 0);
});

Deno.test("Design.start() keeps instances apart", async (t) => {
  await inBothModes(t, async (mode) => {
    const design = await buildFixture("port_widths", { mode });
    await using left = await design.start();
    await using right = await design.start();
    left.tick(3);
    right.tick(5);
    left.port("narrow").set(1);
    right.port("narrow").set(2);
    assert.equal(left.port("fast_edges").get(), 3);
    assert.equal(right.port("fast_edges").get(), 5);
    assert.equal(left.port("narrow_not").get(), 30);
    assert.equal(right.port("narrow_not").get(), 29);
  });
});

Deno.test("Dut.until() stops at the cycle in which a port has its value", async (t) => {
  await inBothModes(t, async (mode) => {
    const design = await buildFixture("port_widths", { mode });
    await using dut = await design.start();
    assert.equal(dut.until({ port: "fast_edges", equals: 7 }), 7);
    assert.equal(dut.until({ port: "fast_edges", equals: 7 }), 0);
    assert.equal(dut.until({ port: "fast_edges", differs: 7 }), 1);
    assert.equal(dut.until(() => dut.port("fast_edges").get() === 12), 4);
    assert.equal(dut.until("fast_edges"), 0);
    assert.equal(
      await dut.untilAsync({ port: "fast_edges", equals: 500_012 }),
      500_000,
    );
  });
});

Deno.test("Dut.until() says where it stood when time is up", async (t) => {
  await inBothModes(t, async (mode) => {
    const design = await buildFixture("port_widths", { mode });
    await using dut = await design.start();
    dut.port("half").set(0x1abc);
    const expected =
      /Cannot reach word_swapped = 3 as at most 20 cycles may pass: at cycle 20 .*half=0x1abc/;
    assert.throws(
      () => dut.until({ port: "word_swapped", equals: 3 }, { timeout: 20 }),
      { name: "Error", message: expected },
    );
    assert.throws(() => dut.until(() => false, { timeout: 5 }), {
      message: /at cycle 25 /,
    });
    await assert.rejects(
      dut.untilAsync({ port: "word_swapped", equals: 3 }, { timeout: 300_000 }),
      { message: /at cycle 300025 / },
    );
  });
});

Deno.test("Dut.tick() refuses what is no number of cycles", async () => {
  const design = await buildFixture("port_widths");
  await using dut = await design.start();
  for (const cycles of [-1, 0.5, NaN]) {
    assert.throws(() => dut.tick(cycles), {
      name: "RangeError",
      message: /received/,
    });
  }
  dut.tick(0);
  assert.equal(dut.cycle, 0);
});

Deno.test("Dut.reset() needs a reset input", async () => {
  const design = await buildFixture("port_widths");
  await using dut = await design.start();
  assert.throws(() => dut.reset(), {
    name: "TypeError",
    message: /none was named or found/,
  });
});

Deno.test("Dut.tick() reports $finish with what the design printed", async (t) => {
  await inBothModes(t, async (mode) => {
    const design = await buildFixture("ill_behaved", { mode });
    await using dut = await design.start();
    dut.tick(3);
    dut.port("finish").set(1);
    assert.throws(() => dut.tick(2), {
      message: /the design called \$finish: finished with 0/,
    });
  });
});

Deno.test("Design.start() reports a parameter that the design refuses", async (t) => {
  await inBothModes(t, async (mode) => {
    const design = await buildFixture("ill_behaved", {
      mode,
      parameters: { DEPTH: 65 },
    });
    await assert.rejects(design.start(), {
      message: /the design called \$finish: DEPTH must be 1 to 64, is 65/,
    });
  });
});

Deno.test("Dut.tick() turns $stop into an error, and stays stopped", async (t) => {
  await inBothModes(t, async (mode) => {
    const design = await buildFixture("ill_behaved", { mode });
    await using dut = await design.start();
    dut.port("stop").set(1);
    const expected = {
      message: /\$stop or a failed assertion at .*ill_behaved\.v:\d+/,
    };
    assert.throws(() => dut.tick(), expected);
    assert.throws(() => dut.tick(), expected);
  });
});

Deno.test("Dut.tick() reports a process that died or hangs", async () => {
  const design = await buildFixture("ill_behaved", { mode: "process" });
  const expected = {
    message: /its process must stay alive: process \d+ ended/,
  };
  await using killed = await design.start();
  Deno.kill(killed.processId ?? 0, "SIGKILL");
  assert.throws(() => {
    for (let cycle = 0; cycle < 1000; cycle++) killed.tick();
  }, expected);
  await using hanging = await design.start({ callSeconds: 1 });
  hanging.port("hang").set(1);
  assert.throws(() => hanging.tick(), expected);
});

Deno.test("Dut refuses calls after it was disposed", async () => {
  const design = await buildFixture("port_widths");
  const dut = await design.start();
  dut[Symbol.dispose]();
  dut[Symbol.dispose]();
  assert.throws(() => dut.tick(), { message: /it was disposed/ });
});

Deno.test("Dut.traceTo() writes an FST file, and only if it was built for that", async (t) => {
  await inBothModes(t, async (mode) => {
    const design = await buildFixture("port_widths", { mode });
    const folder = await Deno.makeTempDir();
    try {
      const file = `${folder}/wave.fst`;
      await using dut = await design.start();
      dut.traceTo(file);
      dut.tick(50);
      dut.traceStop();
      const bytes = await Deno.readFile(file);
      // An FST file begins with a header block: type 0, then its length of 329 in 8 bytes.
      assert.deepEqual([...bytes.subarray(0, 9)], [0, 0, 0, 0, 0, 0, 0, 1, 73]);
      assert.ok(bytes.length > 329);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
  const plain = await buildFixture("port_widths", {
    trace: false,
    coverage: false,
  });
  await using dut = await plain.start();
  assert.throws(() => dut.traceTo("unused.fst"), {
    message: /was built without trace/,
  });
  assert.throws(() => dut.writeCoverage("unused.dat"), {
    message: /was built without coverage/,
  });
});
