/**
 * Hostile GGUF files: each is refused in one line within bounds, or is imported
 * with the bytes that it has, by a reading that knows nothing of the reader; and
 * what loads also runs, or says why not.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { MemorySource } from "../../src/base/mod.ts";
import { load } from "../../src/compile/mod.ts";
import type { Model } from "../../src/format/mod.ts";
import { modelTokenizer, referenceMachine } from "../../src/runtime/mod.ts";
import { assertError, jsonOf, run, Scratch } from "../command_line.ts";
import { ggufFile, type GgufParts, list, text } from "../gguf/file.ts";
import { i2s, q8, SIZES, smallModel, WIDE_SIZES } from "../gguf/models.ts";
import { tensorsOf } from "../gguf/parse.ts";
import { assertRefusal, bounded } from "./bounds.ts";
import { BYTE_EDIT, type ByteEdit, editBytes } from "./mutate.ts";

const SEED = 20_241_124;

type Bytes = Uint8Array<ArrayBuffer>;

const SMALL = { ...SIZES, vocabulary: 20, hidden: 32, head: 8, inner: 32 };

/** Pieces of a byte-level tokenizer, as many as there are rows. */
const PIECES = [..."abcdefghijklmno", "ab", "abc", "<|a|>", "<x>", "Ġa"];

const BYTE_PAIRS = [
  text("tokenizer.ggml.model", "gpt2"),
  text("tokenizer.ggml.pre", "llama-bpe"),
  list("tokenizer.ggml.tokens", 8, PIECES),
  list("tokenizer.ggml.token_type", 5, PIECES.map((p) => p < "a" ? 3 : 1)),
  list("tokenizer.ggml.merges", 8, ["a b", "ab c", "Ġ a"]),
  text("tokenizer.chat_template", "{{ messages[0].content }}"),
];

const MODELS: readonly GgufParts[] = [
  smallModel({
    architecture: "llama",
    sizes: { ...SMALL, layers: 1 },
    keys: BYTE_PAIRS,
    matrix: q8,
  }),
  smallModel({ architecture: "gemma3", sizes: SMALL }),
  smallModel({
    architecture: "bitnet-b1.58",
    sizes: { ...WIDE_SIZES, hidden: 128, head: 32, inner: 128 },
    matrix: i2s(128),
  }),
];

const FILES = MODELS.map(ggufFile);

/** Loads a file, and compares what was loaded with what the bytes say. */
async function open(file: Bytes): Promise<"loaded" | Error> {
  const { loaded, refused } = await bounded(
    file.length,
    (count) => load(count(new MemorySource("x.gguf", file)), { hash: false }),
  );
  if (loaded === undefined) return refused;
  await compare(loaded, file);
  await tryRun(loaded);
  return "loaded";
}

/** Every tensor of the file but those that are repacked is in the model, byte for byte. */
async function compare(model: Model, file: Bytes): Promise<void> {
  const stored = new Set<string>();
  for (const name of model.tensors.keys()) {
    stored.add((await model.read(name)).toHex());
  }
  for (const [name, bytes] of tensorsOf(file)) {
    if (bytes === undefined || name.startsWith("rope_freqs")) continue;
    assert.ok(stored.has(bytes.toHex()), name);
  }
}

async function tryRun(model: Model): Promise<void> {
  try {
    const machine = await referenceMachine(model, "float");
    const sequence = await machine.open();
    const { rows } = await sequence.advance(Int32Array.of(0, 1), "all");
    assert.equal(rows, 2);
    const tokenizer = await modelTokenizer(model);
    tokenizer.decode(tokenizer.encode("abc"));
  } catch (error) {
    assertRefusal(error);
  }
}

/** One lie in what a file says, lengths and places made to fit around it. */
interface Lie {
  readonly what: "key" | "type" | "value" | "drop" | "shape" | "kind" | "name";
  readonly place: number;
  readonly how: number;
}

const LIE: fc.Arbitrary<Lie> = fc.record({
  what: fc.constantFrom(
    ...(["key", "type", "value", "value", "value"] as const),
    ...(["drop", "shape", "kind", "name"] as const),
  ),
  place: fc.nat(1_000_000),
  how: fc.nat(1_000_000),
});

const NUMBERS = [0, 1, 2, 3, 5, 7, 31, 64, 255, 65_535, 2 ** 24, 2 ** 31 - 1];
const TEXTS = ["", "llama", "gemma3", "a b", "x".repeat(5_000), "\u202e\n"];
const FLOATS = [0, -1, 1e-45, 1e38, Infinity, NaN];

/** Another value of the same type. */
function otherValue(type: number, value: unknown, how: number): unknown {
  if (type === 9) {
    const elements = value as unknown[];
    if (how % 4 === 0) return elements.slice(0, how % (elements.length + 1));
    if (how % 4 === 1) return [...elements, ...elements];
    const copy = elements.slice();
    if (copy.length === 0) return copy;
    const element = copy[how % copy.length];
    copy[how % copy.length] = typeof element === "string"
      ? TEXTS[how % TEXTS.length]
      : NUMBERS[how % NUMBERS.length];
    return copy;
  }
  if (type === 8) return TEXTS[how % TEXTS.length];
  if (type === 7) return !value;
  if (type === 6) return FLOATS[how % FLOATS.length];
  return NUMBERS[how % NUMBERS.length];
}

function tell(parts: GgufParts, { what, place, how }: Lie): GgufParts {
  const keys = parts.keys.map((key) => ({ ...key }));
  const tensors = parts.tensors.map((tensor) => ({ ...tensor }));
  const key = keys[place % Math.max(keys.length, 1)];
  const tensor = tensors[place % Math.max(tensors.length, 1)];
  if (key === undefined || tensor === undefined) return parts;
  if (what === "value") key.value = otherValue(key.type, key.value, how);
  else if (what === "key") key.key += ["s", ".x", "\u0000"][how % 3];
  else if (what === "type" && key.type !== 9 && typeof key.value === "number") {
    key.type = [0, 1, 2, 3, 4, 5, 6, 10, 11, 12][how % 10]!;
    if (key.type >= 10 && key.type < 12) {
      key.value = BigInt(Math.trunc(key.value));
    }
  } else if (what === "drop") {
    if (how % 2 === 0) keys.splice(keys.indexOf(key), 1);
    else tensors.splice(tensors.indexOf(tensor), 1);
  } else if (what === "shape") {
    tensor.shape = how % 2 === 0
      ? tensor.shape.toReversed()
      : tensor.shape.map((dim, i) => i === 0 ? NUMBERS[how % 12]! : dim);
  } else if (what === "kind") {
    tensor.type = [0, 1, 2, 8, 12, 30, 36, 42, 99][how % 9]!;
  } else if (what === "name") {
    tensor.name = tensors[how % tensors.length]!.name + ["", "x"][how % 2];
  }
  return { ...parts, keys, tensors };
}

/** Opens files made by drawn changes; a failure shows them. */
async function check<E>(
  runs: number,
  changes: fc.Arbitrary<E>,
  make: (change: E) => Bytes,
): Promise<{ refused: number; loaded: number }> {
  const counts = { refused: 0, loaded: 0 };
  await fc.assert(
    fc.asyncProperty(changes, async (drawn) => {
      const ending = await open(make(drawn));
      counts[ending === "loaded" ? "loaded" : "refused"]++;
    }),
    { numRuns: runs, seed: SEED, endOnFailure: true },
  );
  return counts;
}

Deno.test("sound files load with their bytes, and run", async () => {
  for (const file of FILES) assert.equal(await open(file), "loaded");
});

Deno.test("the comparison notices a tensor that is not the file's", async () => {
  const file = FILES[0]!;
  const { loaded } = await bounded(
    file.length,
    (count) => load(count(new MemorySource("x.gguf", file)), { hash: false }),
  );
  const other = file.slice();
  other[other.length - 40]! ^= 1; // in the last tensor
  await assert.rejects(compare(loaded!, other), /blk\.0\.ffn_down\.weight/);
});

const WHICH = fc.nat(FILES.length - 1);

Deno.test(`1,000 lies in what a file says (seed ${SEED})`, async () => {
  const { refused, loaded } = await check(
    1_000,
    fc.tuple(WHICH, fc.array(LIE, { minLength: 1, maxLength: 2 })),
    ([which, lies]) => ggufFile(lies.reduce(tell, MODELS[which]!)),
  );
  assert.ok(refused > 300, `${refused} refused`);
  assert.ok(loaded > 50, `${loaded} loaded`);
});

/** Changes near lengths and counts: eight bytes that become hostile. */
interface Length {
  readonly at: number;
  readonly value: bigint;
}

const LENGTH: fc.Arbitrary<Length> = fc.record({
  at: fc.nat(1_500),
  value: fc.oneof(
    fc.bigInt({ min: 0n, max: 300n }),
    fc.constantFrom(2n ** 16n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n),
    fc.constant(2n ** 64n - 1n),
  ),
});

function setLength(file: Bytes, { at, value }: Length): Bytes {
  const copy = file.slice();
  new DataView(copy.buffer).setBigUint64(at, value, true);
  return copy;
}

Deno.test(`500 lengths that are not so (seed ${SEED})`, async () => {
  const { refused } = await check(
    500,
    fc.tuple(WHICH, LENGTH),
    ([which, length]) => setLength(FILES[which]!, length),
  );
  assert.ok(refused > 300, `${refused} refused`);
});

Deno.test(`500 changes of bytes, and cuts (seed ${SEED})`, async () => {
  const { refused, loaded } = await check(
    500,
    fc.tuple(WHICH, fc.array(BYTE_EDIT, { minLength: 1, maxLength: 3 })),
    ([which, edits]) => edits.reduce(editBytes, FILES[which]!),
  );
  assert.ok(refused > 200, `${refused} refused`);
  assert.ok(loaded > 20, `${loaded} loaded`);
});

Deno.test(`a file of the right size is read for no more than it holds (seed ${SEED})`, async () => {
  const counts = await check(
    100,
    fc.record({ which: WHICH, at: fc.integer({ min: 8, max: 23 }) }),
    ({ which, at }) => {
      const copy = FILES[which]!.slice();
      copy[at]! ^= 0xff;
      return copy;
    },
  );
  assert.equal(counts.loaded, 0);
});

Deno.test(`12 hostile files through the command line (seed ${SEED})`, async () => {
  const edits: ByteEdit[][] = fc.sample(
    fc.array(BYTE_EDIT, { minLength: 1, maxLength: 2 }),
    { numRuns: 6, seed: SEED },
  );
  const lies = fc.sample(LIE, { numRuns: 6, seed: SEED });
  const files = [
    ...edits.map((each, i) => each.reduce(editBytes, FILES[i % FILES.length]!)),
    ...lies.map((lie, i) => ggufFile(tell(MODELS[i % MODELS.length]!, lie))),
  ];
  let refused = 0;
  for (const file of files) {
    await using scratch = await Scratch.create();
    const path = await scratch.put("x.gguf", file);
    const outcome = await run([
      ...["logits", path, "--ids=0", "--json"],
      ...["--profile=float", "--target=reference"],
    ]);
    const expected = await open(file);
    if (expected === "loaded") {
      assert.equal(jsonOf(outcome).logits.length, 1);
      continue;
    }
    assertError(outcome, 2, /./);
    assert.equal(
      outcome.err.slice(0, 900),
      `sterna: ${expected.message}\n`.slice(0, 900),
    );
    refused++;
  }
  assert.ok(refused >= 3 && refused < 12, `${refused} of 12 refused`);
});
