/**
 * From the lists of a GGUF file's tokenizer to the `tokenizer.json` that says
 * the same, for byte-level pairs (`gpt2`) and sentence pieces (`llama`).
 *
 * Sentence pieces are merged by score: the adjacent two whose union has the
 * largest. That is a list of merges in which every way to make a piece of two
 * others stands in order of the piece's score, as `transformers` writes it too.
 */
import type { GgufMetadata } from "./metadata.ts";
import { PRE_TOKENIZERS, type PreTokenizer } from "./pre_tokenizers.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** What stands for a space in sentence pieces. */
const SPACE = "\u2581";

/** What `tokenizer.json` has in common, whatever the model. */
function frame(
  { pieces, kinds }: Vocabulary,
  parts: Readonly<Record<"normalizer" | "pre_tokenizer" | "decoder", unknown>>,
  model: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const added = pieces.flatMap((content, id) => {
    const kind = kinds[id]!;
    const special = kind === "control" || kind === "unknown";
    if (!special && kind !== "user") return [];
    return [{
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special,
    }];
  });
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: added,
    post_processor: null,
    ...parts,
    model: {
      type: "BPE",
      dropout: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      ...model,
      vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
    },
  };
}

/**
 * Finds how a byte-level tokenizer cuts words.
 *
 * @param metadata The file's keys.
 * @param name What the file calls it.
 * @returns The way.
 * @throws {TypeError} If it is none that is known.
 */
export function preTokenizer(
  metadata: GgufMetadata,
  name: string,
): PreTokenizer {
  if (Object.hasOwn(PRE_TOKENIZERS, name)) return PRE_TOKENIZERS[name]!;
  return metadata.refuse(
    "tokenizer.ggml.pre",
    `one of ${Object.keys(PRE_TOKENIZERS).join(", ")}`,
  );
}

/**
 * Describes a byte-level tokenizer.
 *
 * @param metadata The file's keys.
 * @param vocabulary Its pieces.
 * @param pre How it cuts words.
 * @returns The content of a `tokenizer.json`.
 * @throws {TypeError} If merges are missing, or one is not two pieces.
 */
export function bytePairJson(
  metadata: GgufMetadata,
  vocabulary: Vocabulary,
  pre: PreTokenizer,
): Record<string, unknown> {
  const key = "tokenizer.ggml.merges";
  const merges = metadata.strings(key) ??
    metadata.refuse(key, "a list of texts");
  if (!merges.every((merge) => /^[^ ]+ [^ ]+$/.test(merge))) {
    metadata.refuse(key, "a list of two pieces each, with a space between");
  }
  const byteLevel = {
    type: "ByteLevel",
    add_prefix_space: false,
    trim_offsets: true,
    use_regex: false,
  };
  return frame(vocabulary, {
    normalizer: pre.composes ? { type: "NFC" } : null,
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        ...pre.patterns.map((pattern) => ({
          type: "Split",
          pattern: { Regex: pattern },
          behavior: "Isolated",
          invert: false,
        })),
        byteLevel,
      ],
    },
    decoder: byteLevel,
  }, {
    unk_token: null,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: pre.wholeWords ?? false,
    merges,
  });
}

/**
 * Describes a tokenizer of sentence pieces.
 *
 * @param metadata The file's keys.
 * @param vocabulary Its pieces.
 * @returns The content of a `tokenizer.json`.
 * @throws {TypeError} If scores are missing, or the unknown piece is none.
 */
export function sentencePieceJson(
  metadata: GgufMetadata,
  vocabulary: Vocabulary,
): Record<string, unknown> {
  const { pieces } = vocabulary;
  const key = "tokenizer.ggml.scores";
  const scores = metadata.numbers(key);
  if (scores?.length !== pieces.length) {
    metadata.refuse(key, `a list of ${pieces.length}, one for each token`);
  }
  const unknownKey = "tokenizer.ggml.unknown_token_id";
  const unknown = pieces[metadata.count(unknownKey, pieces.length - 1) ?? 0] ??
    metadata.refuse(unknownKey, "the id of a token");
  const prefix = metadata.boolean("tokenizer.ggml.add_space_prefix") ?? true;
  const marked = { pattern: { String: " " }, content: SPACE };
  const spaced = { pattern: { String: SPACE }, content: " " };
  return frame(vocabulary, {
    normalizer: {
      type: "Sequence",
      normalizers: [
        ...(prefix ? [{ type: "Prepend", prepend: SPACE }] : []),
        { type: "Replace", ...marked },
      ],
    },
    pre_tokenizer: null,
    decoder: {
      type: "Sequence",
      decoders: [
        { type: "Replace", ...spaced },
        { type: "ByteFallback" },
        { type: "Fuse" },
        ...(prefix ? [{ type: "Strip", content: " ", start: 1, stop: 0 }] : []),
      ],
    },
  }, {
    unk_token: unknown,
    fuse_unk: true,
    byte_fallback: true,
    ignore_merges: false,
    merges: mergesOf(vocabulary, scores!),
  });
}

/** Every way to make a piece of two others, best first. */
function mergesOf(
  { pieces, kinds }: Vocabulary,
  scores: readonly number[],
): string[] {
  // Pieces of other kinds are never made: they are found in the text, or not at all.
  const ids = new Map<string, number>();
  pieces.forEach((piece, id) => {
    if (kinds[id] === "normal" && !piece.includes(" ")) ids.set(piece, id);
  });
  const merges: { made: number; left: number; right: number }[] = [];
  // In order of their characters, the pieces that a piece begins with stand
  // before it, each beginning with the one before: no cut is tried in vain.
  const begins: string[] = [];
  for (const piece of [...ids.keys()].sort()) {
    while (begins.length > 0 && !piece.startsWith(begins.at(-1)!)) begins.pop();
    for (const begin of begins) {
      const right = ids.get(piece.slice(begin.length));
      if (right === undefined) continue;
      merges.push({ made: ids.get(piece)!, left: ids.get(begin)!, right });
    }
    begins.push(piece);
  }
  const length = (id: number): number => pieces[id]!.length;
  merges.sort((a, b) =>
    scores[b.made]! - scores[a.made]! || length(b.left) - length(a.left) ||
    length(b.right) - length(a.right) || a.made - b.made || a.left - b.left
  );
  return merges.map(({ left, right }) => `${pieces[left]} ${pieces[right]}`);
}
