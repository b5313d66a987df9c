import assert from "node:assert/strict";
import fc from "fast-check";
import {
  makeTokenizer,
  modelTokenizer,
  StreamDecoder,
  type TextTokenizer,
} from "./tokenizer.ts";
import type { Model } from "../format/mod.ts";

/** The letter that byte-level vocabularies write for a byte. */
function letterOf(byte: number): string {
  const plain = (b: number) =>
    (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
  if (plain(byte)) return String.fromCharCode(byte);
  const others = Array.from({ length: 256 }, (_, b) => b)
    .filter((b) => !plain(b));
  return String.fromCharCode(256 + others.indexOf(byte));
}

const MERGES = ["t h", "th e", "Ġ the", "Ġ t", "< s", "<s >"];

/** A byte-level BPE with one control token and one that is none. */
function byteLevel(): Record<string, unknown> {
  const pieces = [
    ...Array.from({ length: 256 }, (_, b) => letterOf(b)),
    ...MERGES.map((merge) => merge.replace(" ", "")),
  ].filter((piece) => piece !== "<s>");
  const vocab = Object.fromEntries(pieces.map((piece, id) => [piece, id + 2]));
  const added = (id: number, content: string, special: boolean) => ({
    id,
    content,
    special,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: !special,
  });
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [
      added(0, "<s>", true),
      added(1, "</s>", true),
      added(500, "<tool>", false),
    ],
    normalizer: null,
    pre_tokenizer: {
      type: "ByteLevel",
      add_prefix_space: false,
      use_regex: true,
    },
    post_processor: null,
    decoder: { type: "ByteLevel" },
    model: {
      type: "BPE",
      unk_token: null,
      vocab: { "<s>": 0, ...vocab },
      merges: MERGES,
    },
  };
}

/** The frame of sentencepiece's models: words begin with a mark, bytes to fall back on. */
function sentencePiece(type: "BPE" | "Unigram"): Record<string, unknown> {
  const bytes = Array.from(
    { length: 256 },
    (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`,
  );
  const pieces = [
    ...["<unk>", "<s>", "</s>"],
    ...bytes,
    ...new Set("abcdefghijklmnopqrstuvwxyz<>/▁."),
    ...["▁t", "▁th", "▁the"],
  ];
  const model = type === "BPE"
    ? {
      vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
      merges: ["▁ t", "▁t h", "▁th e"],
      unk_token: "<unk>",
      byte_fallback: true,
      fuse_unk: true,
    }
    : {
      vocab: pieces.map((piece) => [piece, -9]),
      unk_id: 0,
    };
  return {
    ...byteLevel(),
    added_tokens: [
      { id: 0, content: "<unk>", special: true },
      { id: 1, content: "<s>", special: true },
      { id: 2, content: "</s>", special: true },
    ],
    pre_tokenizer: {
      type: "Metaspace",
      replacement: "▁",
      prepend_scheme: "first",
      split: false,
    },
    decoder: {
      type: "Sequence",
      decoders: [
        { type: "Replace", pattern: { String: "▁" }, content: " " },
        { type: "ByteFallback" },
        { type: "Fuse" },
        { type: "Strip", content: " ", start: 1, stop: 0 },
      ],
    },
    model: { type, ...model },
  };
}

function make(json: unknown): TextTokenizer {
  return makeTokenizer(new TextEncoder().encode(JSON.stringify(json)), "test");
}

const BYTE_LEVEL = make(byteLevel());
const LLAMA = make(sentencePiece("BPE"));
const UNIGRAM = make(sentencePiece("Unigram"));

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 30 }),
  fc.array(
    fc.constantFrom("the ", " the", "<s>", "</s>", "<tool>", "é", "😀", " ."),
    { maxLength: 9 },
  ).map((parts) => parts.join("")),
);

Deno.test("any text comes back from its ids, spaces before full stops too", () => {
  fc.assert(fc.property(text, (given) => {
    assert.equal(BYTE_LEVEL.decode(BYTE_LEVEL.encode(given)), given);
    if (/^[^\s▁<\p{C}]/u.test(given)) {
      assert.equal(
        LLAMA.decode(LLAMA.encode(given)),
        given.replaceAll("▁", " "),
      );
    }
  }));
  assert.equal(BYTE_LEVEL.decode(BYTE_LEVEL.encode("a . b 's")), "a . b 's");
  assert.deepEqual(BYTE_LEVEL.encode(""), []);
  assert.equal(BYTE_LEVEL.decode([]), "");
});

Deno.test("control tokens in a text are recognised only where they are asked for", () => {
  for (
    const [name, tokenizer, bos, eos] of [
      ["byte level", BYTE_LEVEL, 0, 1],
      ["bytes to fall back on", LLAMA, 1, 2],
      ["unigram", UNIGRAM, 1, 2],
    ] as const
  ) {
    const control = new Set<number>([bos, eos]);
    for (const given of ["<s>", "</s>", "a<s>the</s>", "<s><s>", "<unk>"]) {
      const plain = tokenizer.encode(given);
      assert.ok(plain.every((id) => !control.has(id)), `${name} ${given}`);
      assert.ok(plain.length >= given.length / 3, `${name} ${given}`);
    }
    assert.ok(!UNIGRAM.encode("<unk>").includes(0));
    const special = tokenizer.encode("<s>a</s>", { special: true });
    assert.equal(special[0], bos);
    assert.equal(special.at(-1), eos);
    assert.deepEqual(
      tokenizer.encode("a", { special: true }),
      tokenizer.encode("a"),
    );
  }
  assert.equal(BYTE_LEVEL.decode(BYTE_LEVEL.encode("a<s>b")), "a<s>b");
});

Deno.test("a text after a control token does not begin anew", () => {
  // The mark of the first word is put at the start of the text alone.
  const [bos, ...rest] = LLAMA.encode("<s>a", { special: true });
  assert.deepEqual([bos, ...rest.map(LLAMA.piece)], [1, "a"]);
  assert.deepEqual(LLAMA.encode("a").map(LLAMA.piece), ["▁", "a"]);
});

Deno.test("added tokens that are no control tokens are words like others", () => {
  assert.deepEqual(BYTE_LEVEL.encode("<tool>"), [500]);
  assert.deepEqual(BYTE_LEVEL.encode("<tool>", { special: true }), [500]);
  assert.equal(BYTE_LEVEL.decode([500]), "<tool>");
});

Deno.test("control tokens leave no text, and ids without a piece neither", () => {
  const [a] = BYTE_LEVEL.encode("a");
  assert.equal(BYTE_LEVEL.decode([0, a!, 1]), "a");
  assert.equal(BYTE_LEVEL.decode([0, 1]), "");
  assert.equal(BYTE_LEVEL.decode([9_999, a!, 100_000]), "a");
  assert.equal(LLAMA.decode([9_999]), "");
  assert.equal(BYTE_LEVEL.piece(0), "<s>");
  assert.equal(BYTE_LEVEL.piece(9_999), "<9999>");
});

Deno.test("merges are applied by rank", () => {
  const pieces = (given: string) =>
    BYTE_LEVEL.encode(given).map((id) => BYTE_LEVEL.piece(id));
  assert.deepEqual(pieces("the the"), ["the", "Ġthe"]);
  assert.deepEqual(pieces("th t"), ["th", "Ġt"]);
});

function stream(tokenizer: TextTokenizer, ids: readonly number[]): string[] {
  const decoder = new StreamDecoder(tokenizer);
  return [...ids.map((id) => decoder.push(id)), decoder.end()];
}

Deno.test("a stream shows the text in parts, never half a character", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(BYTE_LEVEL, LLAMA),
      fc.array(text, { maxLength: 12 }),
      (tokenizer, parts) => {
        const ids = tokenizer.encode(parts.join(" the "));
        const whole = tokenizer.decode(ids);
        const shown = stream(tokenizer, ids);
        assert.equal(shown.join(""), whole);
        if (!whole.includes("\uFFFD")) {
          shown.forEach((part) => assert.ok(!part.includes("\uFFFD"), part));
          shown.forEach((part) => assert.ok(part.isWellFormed(), part));
        }
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("text appears as soon as it is certain", () => {
  const ids = BYTE_LEVEL.encode("aé😀b");
  assert.equal(ids.length, 8);
  assert.deepEqual(
    stream(BYTE_LEVEL, ids),
    ["a", "", "é", "", "", "", "😀", "b", ""],
  );
});

Deno.test("bytes that are no characters are shown at last, and end a stream", () => {
  const [half] = BYTE_LEVEL.encode("é");
  const [a] = BYTE_LEVEL.encode("a");
  assert.deepEqual(stream(BYTE_LEVEL, [half!]), ["", "\uFFFD"]);
  assert.deepEqual(stream(BYTE_LEVEL, [half!, a!]), ["", "\uFFFDa", ""]);
  const many = new Array(500).fill(half!);
  assert.equal(stream(BYTE_LEVEL, many).join(""), "\uFFFD".repeat(500));
});

Deno.test("a long stream keeps its spaces, its characters and its pace", () => {
  for (const tokenizer of [BYTE_LEVEL, LLAMA]) {
    const given = "the é 😀 the a b ".repeat(60).trimEnd();
    const ids = tokenizer.encode(given);
    let decoded = 0;
    const counting: TextTokenizer = {
      ...tokenizer,
      decode(some) {
        decoded += some.length;
        return tokenizer.decode(some);
      },
    };
    assert.ok(ids.length > 500);
    assert.equal(stream(counting, ids).join(""), given);
    assert.ok(decoded < 80 * ids.length, `${decoded / ids.length} for each`);
  }
});

Deno.test("a stream of control tokens alone is no context", () => {
  const ids = [...new Array(100).fill(1), ...LLAMA.encode("the the")];
  assert.equal(stream(LLAMA, ids).join(""), "the the");
});

Deno.test("a file that describes no tokenizer is refused in one line", () => {
  const good = byteLevel();
  const rows: unknown[] = [
    null,
    [],
    1,
    "x",
    {},
    { ...good, model: null },
    { ...good, model: { type: "None" } },
    { ...good, model: { ...(good.model as object), vocab: null } },
    { ...good, model: { ...(good.model as object), merges: null } },
    { ...good, added_tokens: null },
    { ...good, added_tokens: [null] },
    { ...good, decoder: { type: "Line\nBreak" } },
    { ...good, pre_tokenizer: { type: "x".repeat(9_999) } },
  ];
  for (const json of rows) {
    assert.throws(() => make(json), (error: Error) => {
      assert.equal(error.name, "SyntaxError", String(error));
      assert.match(
        error.message,
        /^Cannot use the tokenizer of test: .{1,200}$/,
      );
      return true;
    });
  }
  const bytes = Uint8Array.of(0x7b, 0xff);
  assert.throws(() => makeTokenizer(bytes, "test"), { name: "SyntaxError" });
});

Deno.test("a piece without an id is refused when a text needs it", () => {
  const json = byteLevel();
  const model = json.model as { vocab: Record<string, unknown> };
  model.vocab.a = "id";
  const tokenizer = make(json);
  assert.equal(tokenizer.encode("b").length, 1);
  assert.throws(() => tokenizer.encode("a"), {
    name: "SyntaxError",
    message: "Cannot use the tokenizer of test as a piece must have an id",
  });
});

Deno.test("a model without a tokenizer is run by ids", async () => {
  const model = { name: "m", tensors: new Map() } as unknown as Model;
  await assert.rejects(modelTokenizer(model), {
    name: "TypeError",
    message: "Cannot read text with m as it has no tokenizer: give ids",
  });
});
