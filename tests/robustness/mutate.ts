/**
 * Damage, drawn by fast-check: to bytes, to JSON, to core model files (with
 * hashes made anew, so that the lie is found by what it says and not by its
 * hash) and to checkpoint folders.
 */
import { createHash } from "node:crypto";
import fc from "fast-check";
import type { Files } from "../importers/builder.ts";
import { type Parts, putTogether, takeApart } from "../parts.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Values that have broken readers. */
const HOSTILE: readonly unknown[] = [
  ...[0, -0, -1, 1, 2, 3, 0.5, 127, 255, 511, 512, 2 ** 15, 2 ** 16],
  ...[2 ** 24, 2 ** 24 + 1, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 53 - 1, 1e308],
  ...[-1e308, 5e-324, null, true, false, "", "T", "ids", "logits", "f32"],
  ...["__proto__", "constructor", "../x", "a\nb", "\u202e", "x".repeat(5_000)],
  ...[[], {}, [0, 0], [-1, 2], ["T"], { "__proto__": { "x": 1 } }],
];

/** One change of a JSON value. */
export interface JsonEdit {
  /** Which place, counted through the whole value. */
  readonly place: number;
  /** What is done there. */
  readonly act:
    | "replace"
    | "remove"
    | "nudge"
    | "copy"
    | "rename"
    | "swap"
    | "nest";
  /** How. */
  readonly how: number;
}

/** Draws a change of a JSON value. */
export const JSON_EDIT: fc.Arbitrary<JsonEdit> = fc.record({
  place: fc.nat(1_000_000),
  act: fc.constantFrom(
    ...(["replace", "replace", "nudge", "nudge", "nudge"] as const),
    ...(["remove", "copy", "rename", "swap", "nest"] as const),
  ),
  how: fc.nat(1_000_000),
});

type Holder = Record<string, unknown>;

/** Every place of a value: what holds it, and its key there. */
function placesOf(value: unknown): [Holder, string][] {
  const places: [Holder, string][] = [];
  const walk = (holder: unknown): void => {
    if (typeof holder !== "object" || holder === null) return;
    for (const key of Object.keys(holder)) {
      places.push([holder as Holder, key]);
      walk((holder as Holder)[key]);
    }
  };
  walk(value);
  return places;
}

function nudged(value: unknown, how: number): unknown {
  if (typeof value === "number") {
    return [value + 1, value - 1, -value, 2 * value, value / 2][how % 5];
  }
  if (typeof value === "string") return value.slice(0, how % 7) + value;
  if (typeof value === "boolean") return !value;
  return Array.isArray(value) ? value.toReversed() : HOSTILE[how % 30];
}

/** Changes a JSON value in place. */
export function editValue(value: unknown, { place, act, how }: JsonEdit): void {
  const places = placesOf(value);
  if (places.length === 0) return;
  const [holder, key] = places[place % places.length]!;
  const [other, otherKey] = places[how % places.length]!;
  if (act === "replace") holder[key] = HOSTILE[how % HOSTILE.length];
  else if (act === "nudge") holder[key] = nudged(holder[key], how);
  else if (act === "remove") {
    if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else delete holder[key];
  } else if (act === "copy") {
    const copy = structuredClone(holder[key]);
    if (Array.isArray(holder)) holder.push(copy);
    else holder[`${key}${how % 3}`] = copy;
  } else if (act === "rename" && !Array.isArray(holder)) {
    const moved = holder[key];
    delete holder[key];
    holder[how % 2 === 0 ? otherKey : String(how)] = moved;
  } else if (act === "swap") {
    const [a, b] = [
      structuredClone(holder[key]),
      structuredClone(other[otherKey]),
    ];
    holder[key] = b;
    other[otherKey] = a;
  } else if (act === "nest") {
    let deep: unknown = holder[key];
    for (let i = 0; i < 1 + how % 200; i++) deep = [deep];
    holder[key] = deep;
  }
}

/** One change of bytes. */
export interface ByteEdit {
  /** What is done. */
  readonly act: "flip" | "set" | "cut" | "grow" | "length" | "digit" | "zero";
  /** Where. */
  readonly at: number;
  /** How. */
  readonly how: number;
}

/** Draws a change of bytes. */
export const BYTE_EDIT: fc.Arbitrary<ByteEdit> = fc.record({
  act: fc.constantFrom(
    ...(["flip", "flip", "flip", "set", "cut", "grow"] as const),
    ...(["length", "digit", "zero"] as const),
  ),
  at: fc.nat(2 ** 30),
  how: fc.nat(2 ** 31 - 1),
});

/** Changes bytes; gives a copy. */
export function editBytes(bytes: Bytes, { act, at, how }: ByteEdit): Bytes {
  // Half of the places lie in the first bytes, where headers are.
  const place = (at >> 1) %
    Math.max(at & 1 ? bytes.length & 1023 : bytes.length, 1);
  if (act === "cut") return bytes.slice(0, place);
  if (act === "grow") {
    const grown = new Uint8Array(bytes.length + 1 + how % 1_000);
    grown.set(bytes);
    return grown;
  }
  const changed = bytes.slice();
  if (act === "length") {
    if (bytes.length < 8) return changed;
    const view = new DataView(changed.buffer);
    if (how & 1) view.setUint32(0, how, true);
    if (how & 2) view.setUint32(4, how, true);
    if (how & 4) view.setBigUint64(0, BigInt(bytes.length - how % 20), true);
  } else if (act === "digit") {
    const digit = changed.findIndex((b, i) => i >= place && b >= 48 && b <= 57);
    if (digit >= 0) changed[digit] = 48 + how % 10;
  } else if (act === "zero") changed.fill(0, place, place + 1 + how % 64);
  else if (place < changed.length) {
    if (act === "set") changed[place] = how & 255;
    else changed[place]! ^= 1 << (how & 7);
  }
  return changed;
}

/** One change of a core model file. */
export interface ModelEdit {
  /** Which part. */
  readonly part:
    | "graphs"
    | "graphs"
    | "tensors"
    | "model"
    | "provenance"
    | "metadata"
    | "container"
    | "data"
    | "text";
  /** What happens to its JSON. */
  readonly json: JsonEdit;
  /** What happens to its bytes. */
  readonly bytes: ByteEdit;
}

/** Draws a change of a core model file. */
export const MODEL_EDIT: fc.Arbitrary<ModelEdit> = fc.record({
  part: fc.constantFrom(
    ...(["graphs", "graphs", "graphs", "tensors", "tensors"] as const),
    ...(["model", "provenance", "metadata", "container"] as const),
    ...(["data", "data", "text"] as const),
  ),
  json: JSON_EDIT,
  bytes: BYTE_EDIT,
});

/** What stands in a header for one tensor, changed as JSON. */
function editContainer(parts: Parts, edit: JsonEdit): void {
  const table = Object.fromEntries(
    [...parts.tensors].map(([name, { dtype, shape }]) => [name, {
      dtype,
      shape,
    }]),
  );
  editValue(table, edit);
  const bytes = new Map([...parts.tensors].map(([k, v]) => [k, v.bytes]));
  const empty = new Uint8Array(0);
  parts.tensors = new Map(
    Object.entries(table).map(([name, entry]) => [name, {
      ...(typeof entry === "object" ? entry : { dtype: "U8", shape: [] }),
      bytes: bytes.get(name) ?? empty,
    }]),
  );
}

function editPart(parts: Parts, { part, json, bytes }: ModelEdit): void {
  if (part === "container") return editContainer(parts, json);
  if (part === "metadata") return editValue(parts.metadata, json);
  if (part === "data") {
    const names = [...parts.tensors.keys()];
    const tensor = parts.tensors.get(names[json.place % names.length]!)!;
    tensor.bytes = editBytes(tensor.bytes, bytes);
    return;
  }
  const key = `sterna.${part}`;
  const text = parts.metadata[key];
  if (typeof text !== "string" || part === "text") return;
  try {
    const value = JSON.parse(text);
    editValue(value, json);
    parts.metadata[key] = JSON.stringify(value);
  } catch {
    // A change before this one made it no JSON.
  }
}

/** States the hashes of the tensors as they are now, where there is a place for them. */
function renewHashes(parts: Parts): void {
  let table: unknown;
  try {
    table = JSON.parse(parts.metadata["sterna.tensors"]!);
  } catch {
    return;
  }
  if (typeof table !== "object" || table === null) return;
  for (const [name, { bytes }] of parts.tensors) {
    const entry = (table as Holder)[name];
    if (typeof entry !== "object" || entry === null) continue;
    (entry as Holder).sha256 = createHash("sha256").update(bytes).digest("hex");
  }
  parts.metadata["sterna.tensors"] = JSON.stringify(table);
}

/**
 * Changes a core model file and makes its hashes anew, so that it is consistent
 * everywhere but where it lies.
 */
export function editModel(file: Bytes, edits: readonly ModelEdit[]): Bytes {
  const parts = takeApart(file);
  for (const edit of edits) editPart(parts, edit);
  renewHashes(parts);
  const texts = edits.filter(({ part }) => part === "text");
  return putTogether(parts, {
    keepTensorHashes: true,
    editText: (text) => {
      let bytes: Bytes = new TextEncoder().encode(text);
      for (const { bytes: edit } of texts) bytes = editBytes(bytes, edit);
      return new TextDecoder().decode(bytes);
    },
  });
}

/** One change of a checkpoint folder. */
export interface FolderEdit {
  /** What is done. */
  readonly act:
    | "bytes"
    | "json"
    | "header"
    | "swap"
    | "drop"
    | "copy"
    | "tensors";
  /** Which file. */
  readonly file: number;
  /** What happens to its JSON. */
  readonly json: JsonEdit;
  /** What happens to its bytes. */
  readonly bytes: ByteEdit;
}

/** Draws a change of a checkpoint folder. */
export const FOLDER_EDIT: fc.Arbitrary<FolderEdit> = fc.record({
  act: fc.constantFrom(
    ...(["bytes", "bytes", "bytes", "json", "json", "json"] as const),
    ...(["header", "header", "tensors", "swap", "drop", "copy"] as const),
  ),
  file: fc.nat(1_000),
  json: JSON_EDIT,
  bytes: BYTE_EDIT,
});

function readJson(bytes: Bytes): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function writeJson(value: unknown): Bytes {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** A safetensors file with another header, its length made to fit. */
function editHeader(
  file: Bytes,
  edit: (header: Record<string, unknown>) => void,
): Bytes {
  if (file.length < 8) return file;
  const length = new DataView(file.buffer).getUint32(0, true);
  const header = readJson(file.slice(8, 8 + length));
  if (typeof header !== "object" || header === null) return file;
  edit(header as Record<string, unknown>);
  const text = writeJson(header);
  const changed = new Uint8Array(8 + text.length + file.length - 8 - length);
  new DataView(changed.buffer).setBigUint64(0, BigInt(text.length), true);
  changed.set(text, 8);
  changed.set(file.subarray(8 + length), 8 + text.length);
  return changed;
}

/** Two tensors of a file change places, names apart. */
function swapEntries(header: Record<string, unknown>, how: number): void {
  const names = Object.keys(header).filter((name) => name !== "__metadata__");
  if (names.length === 0) return;
  const a = names[how % names.length]!;
  const b = names[(how >> 8) % names.length]!;
  [header[a], header[b]] = [header[b], header[a]];
}

/** Changes one file of a folder in place. */
export function editFolder(files: Files, edit: FolderEdit): void {
  if (files.size === 0) return;
  const { act, file, json, bytes } = edit;
  const of = (wanted: RegExp): string[] =>
    [...files.keys()].filter((name) => wanted.test(name));
  const names = act === "json"
    ? of(/\.json$/)
    : act === "header" || act === "tensors" || act === "swap"
    ? of(/\.safetensors$/)
    : of(/./);
  if (names.length === 0) return;
  const name = names[file % names.length]!;
  const other = names[(file + 1 + json.how) % names.length]!;
  const content = files.get(name)!;
  if (act === "drop") files.delete(name);
  else if (act === "bytes") files.set(name, editBytes(content, bytes));
  else if (act === "copy") files.set(name, files.get(other)!);
  else if (act === "swap") {
    files.set(name, files.get(other)!);
    files.set(other, content);
  } else if (act === "json") {
    const value = readJson(content);
    if (value === undefined) return;
    editValue(value, json);
    files.set(name, writeJson(value));
  } else {
    files.set(
      name,
      editHeader(
        content,
        (header) =>
          act === "tensors"
            ? swapEntries(header, json.how)
            : editValue(header, json),
      ),
    );
  }
}
