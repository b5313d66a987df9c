/**
 * Checks of what holds words in order: FIFO and skid buffer. They are driven
 * pin by pin against a list of the words that must be inside, so that every
 * cycle's valid, ready and level count.
 */
import assert from "node:assert/strict";
import type { Design } from "../../sim/mod.ts";
import { Random } from "./_random.ts";

/** What the rules of one module are. */
interface Queue {
  /** What its pins begin with. */
  readonly name: string;
  /** Words it holds at most. */
  readonly capacity: number;
  /** Words up to which it must be ready. */
  readonly readyBelow: number;
  /** Edges from an empty queue's input to its output. */
  readonly latency: number;
  /** Port that tells the number of words, if there is one. */
  readonly level?: string;
}

async function checkCycles(design: Design, queue: Queue): Promise<void> {
  const random = new Random(41 + queue.capacity);
  await using dut = await design.start({ seed: 2 });
  const pin = (name: string) => dut.port(`${queue.name}_${name}`);
  const [inValid, inData, outReady] = [
    pin("in_valid"),
    pin("in_data"),
    pin("out_ready"),
  ];
  const [inReady, outValid, outData] = [
    pin("in_ready"),
    pin("out_valid"),
    pin("out_data"),
  ];
  dut.reset();
  let inside: { data: number; cycle: number }[] = [];
  let most = 0;
  let feed = 0.5;
  let drain = 0.5;
  for (let cycle = 0; cycle < 5000; cycle++) {
    if (cycle % 100 === 0) {
      feed = random.pick([0.1, 0.5, 0.9, 1]);
      drain = random.pick([0, 0.1, 0.5, 0.9, 1]);
    }
    const valid = random.chance(feed);
    const ready = random.chance(drain);
    const data = random.u32();
    inValid.set(valid);
    inData.set(data);
    outReady.set(ready);
    const length = inside.length;
    most = Math.max(most, length);
    if (queue.level !== undefined) {
      assert.equal(dut.port(queue.level).get(), length, `cycle ${cycle}`);
    }
    const takes = inReady.get() === 1;
    assert.ok(takes || length >= queue.readyBelow, `not ready at ${length}`);
    assert.ok(!takes || length < queue.capacity, `ready at ${length}`);
    const [head] = inside;
    const gives = outValid.get() === 1;
    if (gives) {
      assert.ok(head !== undefined, `a word out of nothing in cycle ${cycle}`);
      assert.equal(outData.get(), head.data, `cycle ${cycle}`);
    }
    const due = head !== undefined && cycle - head.cycle >= queue.latency;
    assert.ok(gives || !due, `the word of cycle ${head?.cycle} is late`);
    if (cycle % 997 === 996) {
      dut.reset(1);
      inside = [];
      continue;
    }
    dut.tick();
    if (gives && ready) inside.shift();
    if (valid && takes) inside.push({ data, cycle });
  }
  assert.equal(most, queue.capacity, "the test filled it");
}

async function checkStream(
  design: Design,
  name: string,
  bits: number,
): Promise<void> {
  const random = new Random(43);
  const words = Array.from({ length: 800 }, () => {
    let word = 0n;
    for (let at = 0; at < bits; at += 32) {
      word = word << 32n | BigInt(random.u32());
    }
    return BigInt.asUintN(bits, word);
  });
  for (const [bubbles, stalls] of [[0, 0], [0.5, 0.1], [0.1, 0.5]] as const) {
    await using dut = await design.start();
    const source = dut.source(`${name}_in_`, { stalls: bubbles });
    const sink = dut.sink(`${name}_out_`, { stalls, seed: 4 });
    dut.reset();
    source.push(words);
    const start = dut.cycle;
    assert.deepEqual(sink.takeBig(words.length), words);
    if (bubbles === 0 && stalls === 0) {
      const extra = dut.cycle - start - words.length;
      assert.ok(extra <= 4, `${extra} cycles more than one a word`);
    }
  }
}

/** Every cycle of 5,000, resets among them, then wide words at full pace and with stalls. */
export async function checkSkid(design: Design): Promise<void> {
  await checkCycles(design, {
    name: "skid",
    capacity: 2,
    readyBelow: 2,
    latency: 1,
  });
  await checkStream(design, "wide", 513);
}

/** The same; words that wait behind the output register are ready two edges later. */
export async function checkFifo(design: Design): Promise<void> {
  await checkCycles(design, {
    name: "fifo",
    capacity: 17,
    readyBelow: 16,
    latency: 2,
    level: "fifo_level",
  });
  await checkStream(design, "fifo", 32);
  await checkStream(design, "pair", 96);
}
