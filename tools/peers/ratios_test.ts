import assert from "node:assert/strict";
import type {
  BenchReport,
  PairReport,
  Timing,
} from "../../src/cli/bench/mod.ts";
import type { LlamaReport } from "./llama_cpp.ts";
import { ratiosOf, ratioTable } from "./ratios.ts";

function timing(tokens: number, ...rates: [number, number, number]): Timing {
  const [min, median, max] = rates;
  return {
    tokens,
    ms: rates.map((rate) => 1_000 * tokens / rate),
    tokensPerSecond: { min, median, max },
    kind: "measured",
  };
}

function pair(
  profile: "float" | "int",
  speeds: Partial<PairReport>,
): PairReport {
  return {
    target: "webgpu",
    profile,
    device: "adapter",
    ran: true,
    ok: true,
    ...speeds,
  };
}

const REPORT: BenchReport = {
  model: "small",
  modelId: "00",
  fileBytes: 1,
  arithmeticVersion: 1,
  environment: {
    sterna: "0",
    deno: "0",
    v8: "0",
    os: "linux",
    arch: "x86_64",
    cpu: "cpu",
    cores: 2,
    memoryBytes: 1,
    loadAverage: 0,
  },
  adapter: null,
  context: null,
  ok: true,
  pairs: [
    pair("float", {
      prefill: timing(512, 9, 10, 11),
      decode: timing(8, 4, 5, 6),
    }),
    pair("int", { ok: false }),
  ],
  phases: [],
};

const PEER: LlamaReport = {
  name: "package@1",
  system: "",
  threads: 2,
  loadMs: 1,
  prefill: timing(512, 30, 40, 50),
  decode: timing(8, 19, 20, 21),
  phases: [],
};

Deno.test("ratios are medians over medians, and none where there is no speed", () => {
  assert.deepEqual(ratiosOf(REPORT, PEER), [
    { pair: "webgpu/float", decode: 0.25, prefill: 0.25, kind: "derived" },
    { pair: "webgpu/int", decode: null, prefill: null, kind: "derived" },
  ]);
  assert.deepEqual(ratiosOf(REPORT, { reason: "no package" }), []);
});

Deno.test("prompts of other lengths are not compared", () => {
  const peer = { ...PEER, prefill: timing(64, 30, 40, 50) };
  assert.equal(ratiosOf(REPORT, peer)[0]!.prefill, null);
});

Deno.test("the table says what the peer did, or why it is left out", () => {
  assert.match(
    ratioTable(REPORT, PEER),
    /package@1, 2 threads, measured\): prefill 40\.0 \(30\.0 to 50\.0\) tokens\/s of 512.*\nwebgpu\/float over llama\.cpp: prefill 0\.250 x, decode 0\.250 x/s,
  );
  assert.match(
    ratioTable(REPORT, { reason: "no package" }),
    /llama\.cpp: left out: no package$/,
  );
});
