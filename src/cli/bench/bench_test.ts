import assert from "node:assert/strict";
import { type Faults, faulty } from "../../../tests/faulty.ts";
import { tinyModel, tinyTransformer } from "../../../tests/models.ts";
import { gpuTest } from "../../../tests/wgsl/device.ts";
import type { Model } from "../../format/mod.ts";
import {
  DeviceError,
  type Gpu,
  type Machine,
  referenceMachine,
  WebGpuMachine,
} from "../../runtime/mod.ts";
import { makeHardware } from "../../verilog/mod.ts";
import { benchModel, type BenchModelOptions } from "./bench_model.ts";
import { cacheBytes, graphBytes } from "./bytes.ts";
import { readEnvironment } from "./environment.ts";
import { PhaseLog } from "./phases.ts";
import { benchPicture } from "./picture.ts";
import type { BenchReport, PairReport } from "./report.ts";
import { estimateRtl } from "./rtl_estimate.ts";
import { benchTable } from "./table.ts";
import { fittingTokens, LONGEST_MS } from "./timing.ts";

const COUNTS = {
  prompt: 6,
  tokens: 3,
  repeats: 2,
  fixed: { prompt: true, tokens: true },
};

/** Reads at a rate that makes bounds easy to say. */
const READ_RATE = 1e9;

function unopened(): Promise<Machine> {
  throw new TypeError("Cannot open anything here");
}

async function run(
  model: Model,
  options: Partial<BenchModelOptions> & Pick<BenchModelOptions, "pairs">,
): Promise<{ reports: PairReport[]; log: PhaseLog }> {
  const log = new PhaseLog();
  const reports = await benchModel(model, {
    checkIds: Int32Array.of(3, 11),
    checkTokens: 3,
    ids: Int32Array.of(1, 2, 3, 4, 5, 6),
    counts: COUNTS,
    clockMHz: 100,
    log,
    open: unopened,
    readRate: () => Promise.resolve(READ_RATE),
    ...options,
  });
  return { reports, log };
}

/** Demands that nothing of a report, however deep, is a speed. */
function assertNoSpeed(report: PairReport, log: PhaseLog): void {
  assert.equal(report.ok, false);
  assert.doesNotMatch(
    JSON.stringify(report),
    /PerSecond|"ms"|cyclesPerToken|fractionOfBound|"prefill"|"decode"/,
  );
  const pair = `${report.target}/${report.profile}`;
  const timed = log.phases.filter((phase) =>
    phase.pair === pair && !["load", "check"].includes(phase.name)
  );
  assert.deepEqual(timed, [], "it was not even timed");
}

/** The reference under another name, telling lies if told to. */
function posing(model: Model, target: Machine["target"], faults: Faults = {}) {
  return async (): Promise<Machine> => {
    const inner = await referenceMachine(model, "int");
    return faulty(inner, { target, ...faults });
  };
}

Deno.test("a pair has its check, rates, bound and phases", async () => {
  const model = await tinyTransformer();
  const { reports: [report, ...rest], log } = await run(model, {
    pairs: [["reference", "float"]],
  });
  assert.deepEqual(rest, []);
  const { ok, check, prefill, decode, bound, fractionOfBound } = report!;
  assert.equal(ok, true);
  assert.equal(check!.tokens, 5);
  assert.equal(prefill!.tokens, 6);
  assert.equal(prefill!.ms.length, 2);
  assert.equal(decode!.tokens, 3);
  const { float } = model.graphs;
  const bytes = graphBytes(float) + cacheBytes(float, 1, 3);
  assert.deepEqual(bound, {
    bytesPerToken: bytes,
    readBytesPerSecond: READ_RATE,
    tokensPerSecond: READ_RATE / bytes,
    limit: "memory",
    kind: "derived",
  });
  assert.equal(
    fractionOfBound,
    decode!.tokensPerSecond.median / (READ_RATE / bytes),
  );
  assert.deepEqual(log.phases.map(({ name, repeat }) => [name, repeat]), [
    ["load", undefined],
    ["check", undefined],
    ["check", undefined],
    ["warm-up", undefined],
    ["prefill", 1],
    ["decode", 1],
    ["prefill", 2],
    ["decode", 2],
    ["read rate", undefined],
  ]);
});

Deno.test("a machine that is off by one in one logit gets no speed", async () => {
  const model = await tinyModel();
  const pairs = [["webgpu", "int"], ["rtl", "int"]] as const;
  const wrong: Faults = {
    logits: (data, position) => {
      if (position === 4) data[7]! -= 1;
    },
  };
  const { reports, log } = await run(model, {
    pairs,
    open: (target) => posing(model, target, wrong)(),
  });
  for (const report of reports) {
    assertNoSpeed(report, log);
    assert.equal(report.ran, true);
    assert.deepEqual(report.check!.firstMismatch!.position, 4);
  }
  // The same machines without the lie.
  const sound = await run(model, {
    pairs: [["webgpu", "int"]],
    open: (target) => posing(model, target)(),
  });
  assert.ok(sound.reports[0]!.decode!.tokensPerSecond.median > 0);
});

gpuTest(
  "one flipped bit of a weight on the device takes its speed away",
  async (gpu: Gpu) => {
    const model = await tinyModel();
    let machine: WebGpuMachine;
    const open = (flip: boolean) => async (): Promise<Machine> => {
      machine = await WebGpuMachine.create(gpu, {
        graph: model.graphs.int,
        read: (name) => model.read(name),
      });
      if (flip) {
        const [param] = Object.entries(model.graphs.int.params)
          .find(([, { encoding }]) => encoding.startsWith("ternary"))!;
        await machine.flipWeightBit(param, { row: 1, column: 2, bit: 1 });
      }
      return machine;
    };
    const pairs = [["webgpu", "int"]] as const;
    const broken = await run(model, { pairs, open: open(true) });
    assertNoSpeed(broken.reports[0]!, broken.log);
    const { reports: [report] } = await run(model, {
      pairs,
      open: open(false),
    });
    const { plan, costs } = machine!;
    assert.equal(report!.dispatchesPerToken, plan.step.length);
    const reads = plan.step.reduce((sum, { reads }) => sum + reads, 0);
    assert.equal(report!.planBytesPerToken, reads);
    assert.equal(costs.bytesPerToken, reads);
    const { bound } = report!;
    assert.ok(bound !== undefined && "bytesPerToken" in bound);
    assert.equal(bound.bytesPerToken, reads, "this model has no caches");
    assert.equal(bound.tokensPerSecond, READ_RATE / reads);
  },
);

Deno.test("cycles become rates at the clock, beside their bound", async () => {
  const model = await tinyModel();
  let steps = 0;
  const { reports: [report] } = await run(model, {
    pairs: [["rtl", "int"]],
    clockMHz: 200,
    open: async () => {
      const inner = await posing(model, "rtl")();
      return {
        ...inner,
        takeCycles: () => ({
          perToken: steps++ === 0 ? [9, 9] : [1_000, 2_000, 4_000],
          bound: { perToken: 500, limit: "memory" },
          byUnit: {},
        }),
      };
    },
  });
  const { decode, bound, fractionOfBound, prefill } = report!;
  assert.equal(prefill, undefined);
  assert.ok(decode?.kind === "simulated");
  assert.deepEqual(decode.cyclesPerToken, {
    min: 1_000,
    median: 2_000,
    max: 4_000,
  });
  assert.deepEqual(decode.tokensPerSecond, {
    min: 50_000,
    median: 100_000,
    max: 200_000,
  });
  assert.equal(bound!.tokensPerSecond, 400_000);
  assert.equal(fractionOfBound, 0.25);
});

Deno.test("a device that is not here is excused, anything else is not", async () => {
  const model = await tinyModel();
  const outcomes = [
    [new DeviceError("Cannot open a device"), true],
    [new TypeError("Cannot run this"), undefined],
  ] as const;
  for (const [error, excused] of outcomes) {
    const { reports: [report] } = await run(model, {
      pairs: [["webgpu", "int"]],
      open: () => Promise.reject(error),
    });
    assert.equal(report!.ran, false);
    assert.equal(report!.ok, false);
    assert.equal(report!.reason, error.message);
    assert.equal(report!.excused, excused);
  }
});

Deno.test("a pair that is skipped says why, and what is known", async () => {
  const model = await tinyModel();
  const estimate = estimateRtl(model, makeHardware({ clockMHz: 50 }));
  assert.ok(estimate.cyclesPerToken > 100);
  assert.equal(estimate.tokensPerSecond, 50e6 / estimate.cyclesPerToken);
  const { reports: [report] } = await run(model, {
    pairs: [["rtl", "int"]],
    skip: () => Promise.resolve({ reason: "no simulator", estimate }),
  });
  assert.deepEqual(report, {
    target: "rtl",
    profile: "int",
    device: null,
    ran: false,
    ok: false,
    excused: true,
    reason: "no simulator",
    estimate,
  });
});

Deno.test("counts shrink to fit, unless they were asked for", () => {
  assert.equal(fittingTokens(512, false, LONGEST_MS / 100), 100);
  assert.equal(fittingTokens(512, true, LONGEST_MS / 100), 512);
  assert.equal(fittingTokens(8, false, 1), 8);
  assert.equal(fittingTokens(8, false, 10, 50), 5);
  assert.equal(fittingTokens(8, false, 2 * LONGEST_MS), 1);
});

Deno.test("table and picture show speeds of what passed, and of nothing else", async () => {
  const model = await tinyModel();
  const wrong: Faults = { logits: (data) => data.fill(0) };
  const { reports, log } = await run(model, {
    pairs: [["reference", "int"], ["webgpu", "int"]],
    open: (target) => posing(model, target, wrong)(),
  });
  const report: BenchReport = {
    model: model.name,
    modelId: model.id,
    fileBytes: model.fileBytes,
    arithmeticVersion: model.arithmeticVersion,
    environment: readEnvironment(),
    adapter: null,
    context: null,
    ok: false,
    pairs: reports,
    phases: log.phases,
  };
  const lines = benchTable(report).split("\n");
  const line = (pair: string): string =>
    lines.find((each) => each.startsWith(`${pair} `))!;
  assert.match(line("reference/int"), /ok +\d\S* .*of 6 +\d\S* .*of 3 .* %$/);
  assert.match(line("webgpu/int"), /^webgpu\/int +FAILED +- +- +- +-$/);
  assert.ok(lines.some((each) => /differs from the reference/.test(each)));
  for (const [loadAverage, busy] of [[0.9, false], [1.1, true]] as const) {
    const environment = { ...report.environment, loadAverage, cores: 2 };
    const text = benchTable({ ...report, environment });
    assert.equal(/other programs kept a load/.test(text), busy);
  }
  const picture = await benchPicture(report);
  assert.match(picture!, /reference\/int/);
  assert.doesNotMatch(picture!, /webgpu\/int/);
  assert.equal(
    await benchPicture({ ...report, pairs: [reports[1]!] }),
    undefined,
  );
});
