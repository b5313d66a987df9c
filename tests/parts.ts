/**
 * Takes a core model file apart and puts it together again, hashes and all, so
 * that tests can lie in one place and be consistent everywhere else. Written
 * from the safetensors format, and knows nothing of the reader in `src/format`.
 */
import { createHash } from "node:crypto";

type Bytes = Uint8Array<ArrayBuffer>;

/** One tensor of a file. */
export interface PartTensor {
  /** Its safetensors dtype. */
  dtype: string;
  /** Its safetensors shape. */
  shape: number[];
  /** Its bytes. */
  bytes: Bytes;
}

/** A file in parts; everything may be changed. */
export interface Parts {
  /** Metadata by key, as text. */
  metadata: Record<string, string>;
  /** Tensors by name, in file order. */
  tensors: Map<string, PartTensor>;
  /** Bytes of the header, padding included. */
  headerBytes: number;
}

const BYTES: Readonly<Record<string, number>> = {
  U8: 1,
  I8: 1,
  I16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  F32: 4,
};

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Reads a file as any safetensors reader does; throws if it is not valid. */
export function takeApart(file: Bytes): Parts {
  const view = new DataView(file.buffer, file.byteOffset);
  const headerBytes = Number(view.getBigUint64(0, true));
  const start = 8 + headerBytes;
  if (start > file.length) {
    throw new Error("The header is longer than the file");
  }
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, start)));
  const { __metadata__: metadata, ...rest } = header;
  const entries = Object.entries(rest) as [
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] },
  ][];
  entries.sort((a, b) => a[1].data_offsets[0] - b[1].data_offsets[0]);
  const tensors = new Map<string, PartTensor>();
  let at = 0;
  for (const [name, { dtype, shape, data_offsets: [begin, end] }] of entries) {
    const size = shape.reduce((a, b) => a * b, BYTES[dtype] ?? NaN);
    if (begin !== at) throw new Error(`There is a hole before ${name}`);
    if (end - begin !== size) throw new Error(`The size of ${name} is wrong`);
    const bytes = file.slice(start + begin, start + end);
    tensors.set(name, { dtype, shape, bytes });
    at = end;
  }
  if (start + at !== file.length) throw new Error("There is a hole at the end");
  return { metadata, tensors, headerBytes };
}

/** Changes one JSON text of the metadata. */
export function editJson(
  parts: Parts,
  key: string,
  // deno-lint-ignore no-explicit-any
  edit: (value: any) => void,
): void {
  const value = JSON.parse(parts.metadata[key]!);
  edit(value);
  parts.metadata[key] = JSON.stringify(value);
}

/** What is not to be made consistent. */
export interface PutOptions {
  /** Keeps the hashes of tensors as the metadata has them. */
  readonly keepTensorHashes?: boolean;
  /** Keeps the hash of the header as the metadata has it. */
  readonly keepHeaderHash?: boolean;
  /** Changes the header's JSON text before it is hashed. */
  readonly editText?: (text: string) => string;
}

/** Writes the parts as a file with fresh hashes. */
export function putTogether(parts: Parts, options: PutOptions = {}): Bytes {
  const { metadata, tensors } = parts;
  if (!options.keepTensorHashes && metadata["sterna.tensors"] !== undefined) {
    editJson(parts, "sterna.tensors", (table) => {
      for (const [name, { bytes }] of tensors) {
        if (table[name]?.sha256) table[name].sha256 = sha256(bytes);
      }
    });
  }
  const stated = metadata["sterna.headerSha256"];
  if (!options.keepHeaderHash && stated !== undefined) {
    metadata["sterna.headerSha256"] = "0".repeat(64);
  }
  let at = 0;
  const header: Record<string, unknown> = { __metadata__: metadata };
  for (const [name, { dtype, shape, bytes }] of tensors) {
    header[name] = {
      dtype,
      shape,
      "data_offsets": [at, at + bytes.length],
    };
    at += bytes.length;
  }
  const json = JSON.stringify(header);
  const text = new TextEncoder().encode(options.editText?.(json) ?? json);
  const file = new Uint8Array(8 + text.length + at);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  if (!options.keepHeaderHash && stated !== undefined) {
    const hash = sha256(file.subarray(0, 8 + text.length));
    const key = new TextEncoder().encode('"sterna.headerSha256":"');
    const place = file.findIndex((_, i) =>
      key.every((b, j) => file[i + j] === b)
    );
    if (place >= 0) {
      file.set(new TextEncoder().encode(hash), place + key.length);
    }
  }
  let to = 8 + text.length;
  for (const { bytes } of tensors.values()) {
    file.set(bytes, to);
    to += bytes.length;
  }
  return file;
}
