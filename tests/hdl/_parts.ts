/** Checks of the RAM, the decoders of trits and argmax. */
import assert from "node:assert/strict";
import { type Design, packLanes } from "../../sim/mod.ts";
import { Random } from "./_random.ts";

const WORDS = 64;
const WORD_LIMIT = 2 ** 40;

/** Reads and writes at once, collisions among them, against an array. */
export async function checkRam(design: Design): Promise<void> {
  const random = new Random(31);
  const words: number[] = [];
  const accesses = [];
  const wanted: { old: number; any: number }[] = [];
  let shown = { old: 0, any: 0 };
  for (let at = 0; at < 6000; at++) {
    const filling = at < WORDS;
    const write = filling || random.chance(0.5);
    const wrAddr = filling ? at : random.below(WORDS);
    const read = at > 0 && random.chance(0.6);
    const known = Math.min(at, WORDS);
    const rdAddr = !filling && random.chance(0.2)
      ? wrAddr
      : random.below(Math.max(known, 1));
    const data = random.u32() * 256 + random.below(256);
    if (read) {
      const word = words[rdAddr] ?? 0;
      const collided = write && wrAddr === rdAddr;
      shown = { old: word, any: collided ? WORD_LIMIT - 1 - word : word };
    }
    if (write) words[wrAddr] = data;
    accesses.push({
      write: Number(write),
      wr_addr: wrAddr,
      data,
      read: Number(read),
      rd_addr: rdAddr,
    });
    wanted.push({ ...shown });
  }
  const first = accesses.findIndex(({ read }) => read === 1);
  for (const stalls of [0, 0.5]) {
    await using dut = await design.start();
    const payload = Object.keys(accesses[0] ?? {});
    const source = dut.source("ram_in_", { payload, stalls });
    const sink = dut.sink("ram_out_", { payload: ["old", "any"] });
    dut.reset();
    source.pushFields(accesses);
    const got = sink.takeFields(accesses.length);
    for (let at = first; at < wanted.length; at++) {
      assert.deepEqual(got[at], wanted[at], `access ${at}`);
    }
  }
}

/** Trit `place` of a byte, from the definition of the packing. */
export function tritOf(byte: number, place: number, base3: boolean): number {
  if (!base3) return [-1, 0, 1, 0][(byte >> (2 * place)) & 3] ?? 0;
  return byte > 242 ? 0 : Math.floor(byte / 3 ** place) % 3 - 1;
}

async function checkTrits(
  design: Design,
  name: "base3" | "two",
  count: number,
): Promise<void> {
  await using dut = await design.start();
  for (let byte = 0; byte < 256; byte++) {
    dut.port("code_byte").set(byte);
    let nonzero = 0;
    let negative = 0;
    for (let place = 0; place < count; place++) {
      const trit = tritOf(byte, place, name === "base3");
      if (trit !== 0) nonzero |= 1 << place;
      if (trit < 0) negative |= 1 << place;
    }
    assert.equal(dut.port(`${name}_nonzero`).get(), nonzero, `byte ${byte}`);
    assert.equal(dut.port(`${name}_negative`).get(), negative, `byte ${byte}`);
  }
}

/** All 256 bytes. */
export async function checkBase3(design: Design): Promise<void> {
  await checkTrits(design, "base3", 5);
}

/** All 256 bytes. */
export async function check2bit(design: Design): Promise<void> {
  await checkTrits(design, "two", 4);
}

/** Streams of all lengths, with equal values, padding and nothing at all. */
export async function checkArgmax(design: Design): Promise<void> {
  await checkLanes(design, "max8", 8);
  await checkLanes(design, "max3", 3);
}

async function checkLanes(
  design: Design,
  name: string,
  lanes: number,
): Promise<void> {
  const random = new Random(32 + lanes);
  const words = [];
  const wanted = [];
  for (let stream = 0; stream < 200; stream++) {
    const length = 1 + random.below(30);
    const empty = random.chance(0.05);
    const spread = random.pick([2, 20, 2 ** 32]);
    const offset = spread === 2 ? random.i32() : 0;
    let best = 0;
    let index = 0;
    let found = false;
    for (let word = 0; word < length; word++) {
      const values = Array.from(
        { length: lanes },
        () => (offset + random.below(spread)) | 0,
      );
      const keep = empty ? 0 : random.u32() & (2 ** lanes - 1);
      values.forEach((value, lane) => {
        if ((keep >> lane & 1) === 0 || (found && value <= best)) return;
        found = true;
        best = value;
        index = word * lanes + lane;
      });
      const last = word === length - 1;
      words.push({
        data: packLanes(values, 32),
        keep,
        last: Number(last),
        late: Number(random.chance(0.5)),
      });
    }
    wanted.push({ index, best: best >>> 0 });
  }
  for (const stalls of [0, 0.5]) {
    await using dut = await design.start({ seed: 9 });
    const payload = ["data", "keep", "last", "late"];
    const source = dut.source(`${name}_in_`, { payload, stalls });
    const sink = dut.sink(`${name}_out_`, { payload: ["index", "best"] });
    dut.reset();
    source.pushFields(words);
    assert.deepEqual(sink.takeFields(wanted.length), wanted);
    assert.equal(sink.available, 0);
  }
}
