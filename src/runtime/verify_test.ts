import assert from "node:assert/strict";
import { type Faults, faulty } from "../../tests/faulty.ts";
import { tinyModel } from "../../tests/models.ts";
import { packRow, unpackRow } from "../base/mod.ts";
import type { Model } from "../format/mod.ts";
import type { Profile } from "../ir/mod.ts";
import type { Machine } from "./machine.ts";
import { referenceMachine } from "./reference_machine.ts";
import {
  compareMachine,
  findMismatch,
  FLOAT_MARGIN,
  FLOAT_TOLERANCE,
  type Mismatch,
  type PairResult,
  traceHalves,
  traceWhole,
} from "./verify.ts";

const PROFILES: Profile[] = ["float", "int"];

const IDS = Int32Array.of(3, 41, 7, 7, 0, 12, 30, 25, 9);

/** The first token after the state went through bytes. */
const HALF = 4;

const LAST = IDS.length - 1;

const MODEL = await tinyModel({ "use_short_conv": true }, { seed: 5 });

const REFERENCES: Record<Profile, Machine> = {
  float: await referenceMachine(MODEL, "float"),
  int: await referenceMachine(MODEL, "int"),
};

async function check(
  machine: Machine,
  ids: Int32Array<ArrayBuffer> = IDS,
): Promise<PairResult> {
  const reference = REFERENCES[machine.profile];
  const expected = await traceWhole(reference, ids);
  return await compareMachine(reference, expected, {
    machine,
    ids,
    model: MODEL.id,
  });
}

function checkFaulty(profile: Profile, faults: Faults): Promise<PairResult> {
  return check(faulty(REFERENCES[profile], faults));
}

/** The name that a value has in either profile. */
const HEAD = "logits";

Deno.test("a machine that is right agrees, as the reference does with itself", async () => {
  for (const profile of PROFILES) {
    for (const target of ["reference", "webgpu", "rtl"] as const) {
      assert.deepEqual(await checkFaulty(profile, { target }), {
        target,
        profile,
        ran: true,
        ok: true,
        tokens: IDS.length,
        maxAbsError: 0,
        firstMismatch: null,
      });
    }
  }
});

Deno.test("one token is compared too, with no half to save", async () => {
  for (const profile of PROFILES) {
    const { ok, tokens } = await check(REFERENCES[profile], IDS.slice(0, 1));
    assert.deepEqual([ok, tokens], [true, 1]);
  }
});

Deno.test("one unit of one integer logit is found", async () => {
  const exponent = (await traceWhole(REFERENCES.int, IDS)).logits.exponent;
  for (const position of [0, HALF - 1, HALF, LAST]) {
    for (const target of ["reference", "webgpu", "rtl"] as const) {
      const result = await checkFaulty("int", {
        target,
        logits: (data, at) => {
          if (at === position) data[11]! += 1;
        },
      });
      assert.equal(result.ok, false);
      assert.equal(result.ran, true);
      assert.equal(result.maxAbsError, 2 ** exponent);
      const { expected, got, ...where } = result.firstMismatch!;
      assert.deepEqual(where, { position, op: HEAD, index: 11 });
      assert.equal(got, expected + 1);
    }
  }
});

Deno.test("the last bit of a float is found on the reference, and allowed on a device", async () => {
  const nudge = (data: Float32Array, at: number): void => {
    if (at === 2) new Int32Array(data.buffer, data.byteOffset)[5]! ^= 1;
  };
  const faults: Faults = {
    logits: (data, at) => nudge(data as Float32Array, at),
  };
  const own = await checkFaulty("float", faults);
  assert.equal(own.ok, false);
  const { position, op, index } = own.firstMismatch!;
  assert.deepEqual({ position, op, index }, {
    position: 2,
    op: HEAD,
    index: 5,
  });
  const device = await checkFaulty("float", { ...faults, target: "webgpu" });
  assert.equal(device.ok, true);
  assert.ok(device.maxAbsError! > 0 && device.maxAbsError! < 1e-6);
});

/** The largest logit of a position, and how far the first choice leads. */
async function facts(
  position: number,
): Promise<{ peak: number; first: number; second: number; lead: number }> {
  const { data, rows } = (await traceWhole(REFERENCES.float, IDS)).logits;
  const width = data.length / rows;
  const row = [...data.subarray(position * width, (position + 1) * width)];
  const order = row.map((_, k) => k).sort((a, b) => row[b]! - row[a]!);
  const peak = Math.max(...row.map(Math.abs));
  const [first, second] = order as [number, number];
  return { peak, first, second, lead: (row[first]! - row[second]!) / peak };
}

Deno.test("a float logit of a device may be off by a tenth of the largest, not more", async () => {
  const { peak, first } = await facts(6);
  // Of the one that leads, upwards: that changes no choice.
  const off = (share: number): Promise<PairResult> =>
    checkFaulty("float", {
      target: "webgpu",
      logits: (data, at) => {
        if (at === 6) data[first]! += share * peak;
      },
    });
  const below = await off(0.99 * FLOAT_TOLERANCE);
  assert.equal(below.ok, true);
  assert.ok(Math.abs(below.maxAbsError! / (0.099 * peak) - 1) < 1e-3);
  const above = await off(1.01 * FLOAT_TOLERANCE);
  assert.equal(above.ok, false);
  const { position, op, index } = above.firstMismatch!;
  assert.deepEqual({ position, op, index }, {
    position: 6,
    op: HEAD,
    index: first,
  });
});

Deno.test("a device's first choice must be the same wherever it leads by the margin", async () => {
  let clear = 0;
  let close = 0;
  for (let position = 0; position < IDS.length; position++) {
    const { peak, first, second, lead } = await facts(position);
    if (lead > 2 * FLOAT_TOLERANCE * 0.99) continue; // no swap within tolerance
    const { ok } = await checkFaulty("float", {
      target: "webgpu",
      logits: (data, at) => {
        if (at !== position) return;
        data[first]! -= (lead / 2 + 1e-3) * peak;
        data[second]! += (lead / 2 + 1e-3) * peak;
      },
    });
    assert.equal(ok, lead <= FLOAT_MARGIN, `a lead of ${lead}`);
    if (ok) close++;
    else clear++;
  }
  assert.ok(clear > 0 && close > 0, `${clear} clear, ${close} close`);
});

Deno.test("what is no number never agrees", async () => {
  for (const target of ["reference", "webgpu"] as const) {
    for (const value of [NaN, Infinity, -Infinity]) {
      const result = await checkFaulty("float", {
        target,
        logits: (data, at) => {
          if (at === 5) data[9] = value;
        },
      });
      assert.equal(result.ok, false, `${target} ${value}`);
      assert.equal(result.maxAbsError, Infinity);
      assert.equal(result.firstMismatch!.position, 5);
    }
  }
  // Nor where the reference itself gives none.
  const broken = faulty(REFERENCES.float, {
    logits: (data, at) => {
      if (at === 5) data[9] = NaN;
    },
  });
  for (const target of ["reference", "webgpu"] as const) {
    const { ok } = await compareMachine(
      broken,
      await traceWhole(broken, IDS),
      { machine: faulty(broken, { target }), ids: IDS, model: MODEL.id },
    );
    assert.equal(ok, false, target);
  }
});

Deno.test("logits that are missing do not agree", async () => {
  for (const profile of PROFILES) {
    const inner = REFERENCES[profile];
    const short: Machine = {
      ...inner,
      target: "webgpu",
      open: async () => {
        const sequence = await inner.open();
        return {
          get position() {
            return sequence.position;
          },
          advance: async (ids, want, tap) => {
            const logits = await sequence.advance(ids, want, tap);
            const data = logits.data.slice(0, logits.data.length - 1);
            return { ...logits, data };
          },
          save: () => sequence.save(),
          restore: (state) => sequence.restore(state),
          dispose: () => sequence.dispose(),
        };
      },
    };
    assert.equal((await check(short)).ok, false);
  }
});

Deno.test("one element of the final state is found, by name and index", async () => {
  const names = Object.keys(REFERENCES.int.graph.states);
  assert.ok(names.some((name) => name.endsWith(".window")));
  assert.ok(names.some((name) => name.endsWith(".recurrent")));
  for (const profile of PROFILES) {
    for (const name of names) {
      const result = await checkFaulty(profile, {
        save: (state) => {
          if (state.position === IDS.length) state.data.get(name)![3]! += 1;
        },
      });
      assert.equal(result.ok, false);
      assert.equal(result.maxAbsError, 0);
      const { expected, got, ...where } = result.firstMismatch!;
      assert.deepEqual(where, { position: LAST, op: name, index: 3 });
      assert.ok(got > expected);
    }
  }
});

Deno.test("a device's float state is its own, its integer state is not", async () => {
  const faults: Faults = {
    target: "webgpu",
    save: (state) => {
      if (state.position !== IDS.length) return;
      for (const data of state.data.values()) data[0]! += 1;
    },
  };
  assert.equal((await checkFaulty("float", faults)).ok, true);
  assert.equal((await checkFaulty("int", faults)).ok, false);
});

Deno.test("a state that is saved or restored wrongly in the middle is found behind it", async () => {
  const zero: Faults["save"] = (state) => {
    if (state.position === HALF) state.data.values().next().value!.fill(0);
  };
  for (const fault of [{ save: zero }, { restore: zero }]) {
    for (const profile of PROFILES) {
      const { ok, firstMismatch } = await checkFaulty(profile, fault);
      assert.equal(ok, false);
      // Token by token, with no save between, the machine is right: what is
      // left to name is the logit, or the state if no logit shows it.
      assert.ok(firstMismatch!.position >= HALF);
      assert.notEqual(firstMismatch!.expected, firstMismatch!.got);
    }
  }
});

Deno.test("the first value that differs is named, not what follows from it", async () => {
  for (const profile of PROFILES) {
    const names = REFERENCES[profile].graph.nodes.map(({ name }) => name);
    const own = names.find((name) => name === "layers.1.swiglu")!;
    const after = names.slice(names.indexOf(own));
    const wrong: Faults = {
      logits: (data, at) => {
        if (at >= 3) data[0]! += profile === "int" ? 1 : 100;
      },
      tap: (name, value, position) => {
        if (position < 3 || !after.includes(name.split(".codes")[0]!)) return;
        value.data[2]! += 1;
      },
    };
    const { ok, firstMismatch } = await checkFaulty(profile, wrong);
    assert.equal(ok, false);
    const { position, op, index, expected, got } = firstMismatch!;
    assert.deepEqual({ position, op, index }, {
      position: 3,
      op: own,
      index: 2,
    });
    assert.ok(Math.abs(got - expected - 1) < 1e-6);
  }
});

Deno.test("a value that a machine does not report differs", async () => {
  const reference = REFERENCES.int;
  const silent: Machine = {
    ...reference,
    open: async () => {
      const sequence = await reference.open();
      return {
        position: 0,
        advance: (ids, want) => sequence.advance(ids, want),
        save: () => sequence.save(),
        restore: (state) => sequence.restore(state),
        dispose: () => sequence.dispose(),
      };
    },
  };
  const found = await findMismatch(reference, silent, IDS);
  assert.equal(found?.op, "embed");
  assert.equal(found?.got, NaN);
});

/** A model with one trit of one matrix changed, as a flipped bit changes it. */
function flipTrit(model: Model, tensor: string, at: number): Model {
  const { encoding, shape } = model.tensors.get(tensor)!;
  assert.equal(encoding, "ternary-base3");
  return {
    ...model,
    async read(name) {
      const bytes = (await model.read(name)).slice();
      if (name !== tensor) return bytes;
      const trits = new Int8Array(shape[1]!);
      const row = bytes.subarray(0, bytes.length / shape[0]!);
      unpackRow(encoding as "ternary-base3", row, trits);
      trits[at] = trits[at] === 1 ? -1 : 1;
      packRow(encoding as "ternary-base3", trits, row);
      return bytes;
    },
  };
}

Deno.test("one trit of one matrix is found at the product that it belongs to", async () => {
  for (const profile of PROFILES) {
    const found: Mismatch[] = [];
    for (let at = 0; at < 22; at++) {
      const bad = flipTrit(MODEL, "model.layers.1.attn.f_proj.weight", at);
      const machine = await referenceMachine(bad, profile);
      const result = await check(machine);
      if (!result.ok) found.push(result.firstMismatch!);
    }
    // A trit shows only under a code that is not zero: most are.
    assert.ok(found.length > 15, `${found.length} of 22`);
    for (const { op, index } of found) {
      assert.deepEqual([op, index], ["layers.1.f", 0]);
    }
  }
});

Deno.test("two halves with the state in bytes between are the whole", async () => {
  for (const profile of PROFILES) {
    const machine = REFERENCES[profile];
    assert.deepEqual(
      await traceHalves(machine, IDS, MODEL.id),
      await traceWhole(machine, IDS),
    );
  }
});
