import assert from "node:assert/strict";
import { bool, type Key, list, text, u32 } from "../../../tests/gguf/file.ts";
import { makeTokenizer, type TextTokenizer } from "../../runtime/mod.ts";
import { GgufMetadata, type GgufValue } from "./metadata.ts";
import { type GgufText, readGgufText } from "./tokenizer.ts";

function read(keys: readonly Key[], rows = 1_000): GgufText {
  const values = new Map(
    keys.map(({ key, value }) => [key, value as GgufValue]),
  );
  return readGgufText(new GgufMetadata("x.gguf", values), rows);
}

function tokenizerOf(keys: readonly Key[]): TextTokenizer {
  return makeTokenizer(read(keys).tokenizer!, "x.gguf");
}

/** Characters that stand for bytes: printable ones for themselves. */
const BYTES = Array.from({ length: 256 }, (_, byte) => byte);
const LETTERS: readonly string[] = (() => {
  const plain = BYTES.filter((b) =>
    (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174
  );
  return BYTES.map((b) =>
    String.fromCharCode(
      plain.includes(b)
        ? b
        : 256 + BYTES.filter((c) => !plain.includes(c)).indexOf(b),
    )
  );
})();

/** A byte-level tokenizer: all bytes, some merges, two control tokens. */
function bytePairs(pre: string | undefined, more: readonly Key[] = []): Key[] {
  const merges = ["Ġ t", "h e", "Ġt he", "1 2", "12 3", "' s", "c a", "ca t"];
  const pieces = [
    ...LETTERS,
    ...merges.map((merge) => merge.replace(" ", "")),
    "<|im_end|>",
    "<|im_start|>",
    "<tool>",
  ];
  const kinds = pieces.map((piece) =>
    piece.startsWith("<|") ? 3 : piece === "<tool>" ? 4 : 1
  );
  return [
    text("tokenizer.ggml.model", "gpt2"),
    ...(pre === undefined ? [] : [text("tokenizer.ggml.pre", pre)]),
    list("tokenizer.ggml.tokens", 8, pieces),
    list("tokenizer.ggml.token_type", 5, kinds),
    list("tokenizer.ggml.merges", 8, merges),
    u32("tokenizer.ggml.bos_token_id", 265),
    u32("tokenizer.ggml.eos_token_id", 264),
    ...more,
  ];
}

function piecesOf(tokenizer: TextTokenizer, given: string): string[] {
  return tokenizer.encode(given).map((id) => tokenizer.piece(id));
}

Deno.test("byte-level pairs merge in order, inside words", () => {
  const tokenizer = tokenizerOf(bytePairs("gpt-2"));
  assert.deepEqual(piecesOf(tokenizer, "the the cat's 123"), [
    "t",
    "he",
    "Ġthe",
    "Ġ",
    "cat",
    "'s",
    "Ġ",
    "123",
  ]);
  const odd = "naïve ☃ \u0000\t\n\n  x";
  assert.equal(tokenizer.decode(tokenizer.encode(odd)), odd);
});

Deno.test("each way to cut words has its own rule for digits", () => {
  const digits = (pre: string): string[] =>
    piecesOf(tokenizerOf(bytePairs(pre)), "1231");
  assert.deepEqual(digits("gpt-2"), ["123", "1"]);
  assert.deepEqual(digits("llama-bpe"), ["123", "1"]);
  assert.deepEqual(digits("smollm"), ["1", "2", "3", "1"]);
  assert.deepEqual(digits("qwen2"), ["1", "2", "3", "1"]);
  assert.deepEqual(digits("default"), ["123", "1"]);
  assert.deepEqual(
    piecesOf(tokenizerOf(bytePairs("llama-bpe")), "12312"),
    ["123", "12"],
  );
});

Deno.test("control tokens in a text count only where they are asked for", () => {
  const tokenizer = tokenizerOf(bytePairs("gpt-2"));
  const given = "<|im_start|><tool>";
  assert.deepEqual(tokenizer.encode(given, { special: true }), [265, 266]);
  const plain = tokenizer.encode(given);
  assert.ok(!plain.includes(265));
  assert.equal(plain.at(-1), 266); // a piece that users write is always one
  assert.equal(tokenizer.decode(plain), given);
});

Deno.test("BOS follows the key, then the rule of the way to cut words", () => {
  const bos = (pre: string, flag?: boolean): number | undefined =>
    read(
      bytePairs(
        pre,
        flag === undefined ? [] : [bool("tokenizer.ggml.add_bos_token", flag)],
      ),
    ).special.bos;
  assert.equal(bos("gpt-2"), undefined);
  assert.equal(bos("gpt-2", true), 265);
  assert.equal(bos("llama-bpe"), 265);
  assert.equal(bos("llama-bpe", false), undefined);
});

Deno.test("every token that ends an answer is an end, named or known", () => {
  const more = [u32("tokenizer.ggml.eot_token_id", 3)];
  assert.deepEqual(read(bytePairs("gpt-2", more)).special.eos, [264, 3]);
  const keys = bytePairs("gpt-2")
    .filter(({ key }) => key !== "tokenizer.ggml.eos_token_id");
  assert.deepEqual(read(keys).special.eos, [264]); // <|im_end|> by its text
});

/** Sentence pieces: bytes, letters and words with scores. */
function sentencePieces(
  words: readonly (readonly [string, number])[],
  more: readonly Key[] = [],
): Key[] {
  const bytes = BYTES.map((b) =>
    `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`
  );
  const pieces = ["<unk>", "<s>", "</s>", ...bytes, ...words.map(([w]) => w)];
  const kinds = pieces.map((piece, id) =>
    id === 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : piece === "\n\n" ? 4 : 1
  );
  const scores = pieces.map((_, id) => id < 259 ? 0 : words[id - 259]![1]);
  return [
    text("tokenizer.ggml.model", "llama"),
    list("tokenizer.ggml.tokens", 8, pieces),
    list("tokenizer.ggml.scores", 6, scores),
    list("tokenizer.ggml.token_type", 5, kinds),
    u32("tokenizer.ggml.bos_token_id", 1),
    u32("tokenizer.ggml.eos_token_id", 2),
    ...more,
  ];
}

const WORDS = [
  ["\u2581", -1],
  ["a", -2],
  ["b", -3],
  ["c", -4],
  ["bc", -10],
  ["ab", -20],
  ["\u2581a", -50],
  ["abc", -40],
  ["\n\n", 0],
] as const;

Deno.test("sentence pieces merge by score, the best first", () => {
  const tokenizer = tokenizerOf(sentencePieces(WORDS));
  // "bc" is better than "ab", and then "a" + "bc" is "abc".
  assert.deepEqual(piecesOf(tokenizer, "abc"), ["\u2581", "abc"]);
  assert.deepEqual(piecesOf(tokenizer, "ab c"), [
    "\u2581",
    "ab",
    "\u2581",
    "c",
  ]);
  assert.deepEqual(piecesOf(tokenizer, "aé"), ["\u2581a", "<0xC3>", "<0xA9>"]);
  assert.equal(tokenizer.decode(tokenizer.encode("ab é☃ c")), "ab é☃ c");
});

Deno.test("every way to make a piece of two others is a merge, by score and length", () => {
  const words = new Map<string, number>();
  let state = 7;
  while (words.size < 50) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const word = (state >>> 8).toString(3).slice(1, 2 + (state >>> 28) % 5);
    words.set(word, words.get(word) ?? -((state >>> 20) % 40));
  }
  const { tokenizer } = read(sentencePieces([...words]));
  const { merges } = JSON.parse(new TextDecoder().decode(tokenizer)).model;
  const all: [string, string][] = [];
  for (const word of words.keys()) {
    for (let cut = 1; cut < word.length; cut++) {
      const pair: [string, string] = [word.slice(0, cut), word.slice(cut)];
      if (pair.every((part) => words.has(part))) all.push(pair);
    }
  }
  const score = (pair: [string, string]): number => words.get(pair.join(""))!;
  all.sort((a, b) =>
    score(b) - score(a) || b[0].length - a[0].length ||
    b[1].length - a[1].length // the rest in the order of ids, as sorts are stable
  );
  assert.ok(all.length > 50, `${all.length}`);
  assert.deepEqual(merges, all.map((pair) => pair.join(" ")));
});

Deno.test("a space before the first word is put only where the file says so", () => {
  const keys = sentencePieces(WORDS, [
    bool("tokenizer.ggml.add_space_prefix", false),
  ]);
  const tokenizer = tokenizerOf(keys);
  assert.deepEqual(piecesOf(tokenizer, "abc"), ["abc"]);
  assert.equal(tokenizer.decode(tokenizer.encode(" a")), " a");
  assert.equal(read(keys).special.bos, 1); // the kind's own rule
});

Deno.test("pieces that users write are found before anything merges", () => {
  const tokenizer = tokenizerOf(sentencePieces(WORDS));
  assert.deepEqual(piecesOf(tokenizer, "a\n\nb"), [
    "\u2581a",
    "\n\n",
    "\u2581",
    "b",
  ]);
});

Deno.test("a tokenizer.json in the file is taken as it is", () => {
  const made = read(sentencePieces(WORDS)).tokenizer!;
  const whole = new TextDecoder().decode(made);
  const keys = sentencePieces(WORDS, [
    text("tokenizer.huggingface.json", whole),
  ]);
  const taken = read(keys);
  assert.deepEqual(taken.tokenizer, made);
  assert.equal(taken.special.bos, undefined); // it has no post-processor
});

Deno.test("a file without pieces has no tokenizer, but may have a template", () => {
  const { tokenizer, chatTemplate, special } = read([
    text("tokenizer.chat_template", "{{ x }}"),
  ]);
  assert.equal(tokenizer, undefined);
  assert.equal(chatTemplate, "{{ x }}");
  assert.deepEqual(special, { eos: [] });
});

/** Keys with one of them changed, or taken away. */
function changed(keys: Key[], key: string, value?: unknown): Key[] {
  return keys.flatMap((entry) =>
    entry.key !== key ? [entry] : value === undefined ? [] : [{
      ...entry,
      value,
    }]
  );
}

const REFUSED: readonly (readonly [string, readonly Key[], RegExp])[] = [
  [
    "another kind",
    changed(bytePairs("gpt-2"), "tokenizer.ggml.model", "bert"),
    /"tokenizer.ggml.model" must be gpt2 or llama: "bert"/,
  ],
  [
    "an unknown way to cut words",
    bytePairs("deepseek-llm"),
    /"tokenizer.ggml.pre" must be one of [^:]*smollm[^:]*: "deepseek-llm"/,
  ],
  [
    "the same piece twice",
    changed(bytePairs("gpt-2"), "tokenizer.ggml.tokens", ["a", "b", "a"]),
    /"a" comes twice/,
  ],
  [
    "kinds for other pieces",
    changed(bytePairs("gpt-2"), "tokenizer.ggml.token_type", [1]),
    /"tokenizer.ggml.token_type" must be a list of 267/,
  ],
  [
    "a kind that is none",
    changed(bytePairs("gpt-2"), "tokenizer.ggml.token_type", [
      ...new Array(266).fill(1),
      7,
    ]),
    /numbers from 0 to 6/,
  ],
  [
    "no merges",
    changed(bytePairs("gpt-2"), "tokenizer.ggml.merges"),
    /"tokenizer.ggml.merges" must be a list of texts: it has none/,
  ],
  [
    "a merge of three",
    changed(bytePairs("gpt-2"), "tokenizer.ggml.merges", ["a b c"]),
    /two pieces each/,
  ],
  [
    "an end of text behind every prompt",
    bytePairs("gpt-2", [bool("tokenizer.ggml.add_eos_token", true)]),
    /"tokenizer.ggml.add_eos_token" must be false/,
  ],
  [
    "a BOS that is no token",
    changed(bytePairs("gpt-2"), "tokenizer.ggml.bos_token_id", 5_000),
    /"tokenizer.ggml.bos_token_id" must be the id of a token: 5000/,
  ],
  [
    "no scores",
    changed(sentencePieces(WORDS), "tokenizer.ggml.scores"),
    /"tokenizer.ggml.scores" must be a list of 268/,
  ],
  [
    "a key of another type",
    [...bytePairs("gpt-2"), text("tokenizer.ggml.add_bos_token", "yes")],
    /"tokenizer.ggml.add_bos_token" must be true or false: "yes"/,
  ],
  [
    "a whole tokenizer that is none",
    [text("tokenizer.huggingface.json", '{"model":7}')],
    /a tokenizer with an object model/,
  ],
];

for (const [what, keys, message] of REFUSED) {
  Deno.test(`refused by name: ${what}`, () => {
    assert.throws(() => read(keys), (error: Error) => {
      assert.match(error.message, /^Cannot [^\n]+$/);
      assert.match(error.message, message);
      return true;
    });
  });
}

Deno.test("more pieces than rows of the embedding are refused", () => {
  assert.throws(
    () => read(bytePairs("gpt-2"), 200),
    /"tokenizer.ggml.tokens" must be at most 200/,
  );
});
