/**
 * The pieces of a GGUF file's tokenizer, checked: each has an id, a text of its
 * own and a kind.
 */
import { quote } from "../../format/mod.ts";
import type { GgufMetadata } from "./metadata.ts";

/** Longest piece: the longest in use are runs of 128 to 512 spaces. */
export const MAX_PIECE_LENGTH = 1_024;

/** What a piece is for, by the number in the file. */
const KINDS = [
  "normal", // undefined, which converters leave where they do not know
  "normal",
  "unknown",
  "control",
  "user",
  "unused",
  "byte",
] as const;

/** What a piece is for. */
export type PieceKind = typeof KINDS[number];

/** The pieces of a tokenizer. */
export interface Vocabulary {
  /** Texts by id. */
  readonly pieces: readonly string[];
  /** Kinds by id. */
  readonly kinds: readonly PieceKind[];
}

/**
 * Reads the pieces.
 *
 * @param metadata The file's keys.
 * @returns Texts and kinds.
 * @throws {TypeError} If lists do not agree, or two pieces have the same text.
 */
export function readVocabulary(metadata: GgufMetadata): Vocabulary {
  const key = "tokenizer.ggml.tokens";
  const tokens = metadata.strings(key) ??
    metadata.refuse(key, "a list of texts");
  const pieces = tokens.map((text, id) => text === "" ? `[EMPTY_${id}]` : text);
  const long = pieces.find((text) => text.length > MAX_PIECE_LENGTH);
  if (long !== undefined) {
    metadata.refuse(key, `texts of at most ${MAX_PIECE_LENGTH} characters`);
  }
  const seen = new Set<string>();
  for (const piece of pieces) {
    if (seen.has(piece)) {
      metadata.refuse(
        key,
        `texts that differ, and ${quote(piece)} comes twice`,
      );
    }
    seen.add(piece);
  }
  return { pieces, kinds: readKinds(metadata, pieces.length) };
}

function readKinds(metadata: GgufMetadata, count: number): PieceKind[] {
  const key = "tokenizer.ggml.token_type";
  const types = metadata.numbers(key);
  if (types === undefined) return new Array(count).fill("normal");
  if (types.length !== count) {
    metadata.refuse(key, `a list of ${count}, one for each token`);
  }
  return types.map((type) =>
    KINDS[type] ?? metadata.refuse(key, `a list of numbers from 0 to 6`)
  );
}
