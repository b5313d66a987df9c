/**
 * How byte-level tokenizers cut a text into words before they merge, by the name
 * that a GGUF file gives it in `tokenizer.ggml.pre`. Expressions are those of the
 * models' own `tokenizer.json`, one after another on what the one before left.
 */

/** A way to cut a text. */
export interface PreTokenizer {
  /** What a word is; each expression cuts further, matches and gaps alike. */
  readonly patterns: readonly string[];
  /** Whether a word that is in the vocabulary is taken without merging. */
  readonly wholeWords?: true;
  /** Whether prompts begin with the BOS token where the file does not say. */
  readonly addBos?: true;
  /** Whether the models' own tokenizer composes characters first. */
  readonly composes?: true;
}

const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const REST = " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const GPT2 =
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const LLAMA3 =
  `${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|${REST}`;
const QWEN2 = `${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|${REST}`;
const UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
const LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
const TEKKEN =
  `[^\\r\\n\\p{L}\\p{N}]?${UPPER}*${LOWER}+|[^\\r\\n\\p{L}\\p{N}]?${UPPER}+${LOWER}*|\\p{N}` +
  "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

const BY_LLAMA3 = {
  patterns: [LLAMA3],
  wholeWords: true,
  addBos: true,
} as const;
const BY_QWEN2 = { patterns: [QWEN2], composes: true } as const;
const BY_GPT2 = { patterns: [GPT2] } as const;
const BY_DIGITS = { patterns: ["\\p{N}", GPT2] } as const;

/** Every known way by its name. */
export const PRE_TOKENIZERS: Readonly<Record<string, PreTokenizer>> = {
  "default": {
    patterns: [
      "[\\p{P}\\$\\+<=>\\^~\\|]+",
      GPT2,
      "\\p{N}+",
      "[0-9][0-9][0-9]",
    ],
  },
  "gpt-2": BY_GPT2,
  "smollm": BY_DIGITS,
  "starcoder": BY_DIGITS,
  "refact": BY_DIGITS,
  "codeshell": BY_DIGITS,
  "llama-bpe": BY_LLAMA3,
  "llama3": BY_LLAMA3,
  "llama-v3": BY_LLAMA3,
  "falcon3": BY_LLAMA3,
  "smaug-bpe": { patterns: [LLAMA3] },
  "qwen2": BY_QWEN2,
  "deepseek-r1-qwen": BY_QWEN2,
  "tekken": { patterns: [TEKKEN], wholeWords: true, addBos: true },
};
