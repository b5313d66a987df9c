/**
 * Writes GGUF files for tests, sound ones and, where a test says so, unsound:
 * a second statement of the container that shares nothing with the reader.
 */

/** A key with the number of its type, and of its elements' type in a list. */
export interface Key {
  /** The key. */
  key: string;
  /** Number of the type; 9 is a list. */
  type: number;
  /** The value. */
  value: unknown;
  /** Number of the elements' type: lists only. */
  of?: number;
}

/** A tensor. */
export interface Tensor {
  /** The name. */
  name: string;
  /** Dimensions, outermost first. */
  shape: readonly number[];
  /** Number of the type. */
  type: number;
  /** The data. */
  bytes: Uint8Array;
  /** Where it is said to be, if not where it is. */
  offset?: number;
}

/** A file. */
export interface GgufParts {
  version?: number;
  keys: readonly Key[];
  tensors: readonly Tensor[];
  alignment?: number;
  /** What the front says in place of the true numbers. */
  counts?: { readonly tensors?: bigint; readonly keys?: bigint };
  /** Bytes behind the last tensor beyond its padding. */
  trailing?: number;
}

/** A key with a text. */
export function text(key: string, value: string): Key {
  return { key, type: 8, value };
}

/** A key with an unsigned number. */
export function u32(key: string, value: number): Key {
  return { key, type: 4, value };
}

/** A key with a float. */
export function f32(key: string, value: number): Key {
  return { key, type: 6, value };
}

/** A key with a truth value. */
export function bool(key: string, value: boolean): Key {
  return { key, type: 7, value };
}

/** A key with a list. */
export function list(key: string, of: number, value: readonly unknown[]): Key {
  return { key, type: 9, of, value };
}

/** Bytes that grow. */
class Writer {
  #parts: Uint8Array[] = [];
  length = 0;

  bytes(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.length += bytes.length;
  }

  #number(size: number, set: (view: DataView) => void): void {
    const view = new DataView(new ArrayBuffer(size));
    set(view);
    this.bytes(new Uint8Array(view.buffer));
  }

  u32(value: number): void {
    this.#number(4, (view) => view.setUint32(0, value, true));
  }

  u64(value: number | bigint): void {
    this.#number(8, (view) => view.setBigUint64(0, BigInt(value), true));
  }

  text(value: string): void {
    const bytes = new TextEncoder().encode(value);
    this.u64(bytes.length);
    this.bytes(bytes);
  }

  value(type: number, value: unknown): void {
    const n = value as number;
    if (type === 8) return this.text(value as string);
    if (type === 0 || type === 1 || type === 7) {
      return this.bytes(Uint8Array.of(Number(value)));
    }
    if (type === 10 || type === 11) {
      return this.#number(
        8,
        (view) => view.setBigInt64(0, BigInt(value as bigint), true),
      );
    }
    if (type === 12) {
      return this.#number(8, (view) => view.setFloat64(0, n, true));
    }
    if (type === 6) {
      return this.#number(4, (view) => view.setFloat32(0, n, true));
    }
    if (type === 2 || type === 3) {
      return this.#number(2, (view) => view.setInt16(0, n, true));
    }
    this.#number(4, (view) => view.setInt32(0, n, true));
  }

  pad(alignment: number): void {
    const rest = this.length % alignment;
    if (rest > 0) this.bytes(new Uint8Array(alignment - rest));
  }

  done(): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }
}

/** Writes a file. */
export function ggufFile(parts: GgufParts): Uint8Array<ArrayBuffer> {
  const { version = 3, keys, tensors, alignment = 32, counts = {} } = parts;
  const writer = new Writer();
  writer.bytes(new TextEncoder().encode("GGUF"));
  writer.u32(version);
  writer.u64(counts.tensors ?? tensors.length);
  writer.u64(counts.keys ?? keys.length);
  for (const { key, type, value, of } of keys) {
    writer.text(key);
    writer.u32(type);
    if (of === undefined) {
      writer.value(type, value);
      continue;
    }
    writer.u32(of);
    writer.u64((value as unknown[]).length);
    for (const element of value as unknown[]) writer.value(of, element);
  }
  let offset = 0;
  for (const { name, shape, type, bytes, offset: said } of tensors) {
    writer.text(name);
    writer.u32(shape.length);
    for (const dim of shape.toReversed()) writer.u64(dim);
    writer.u32(type);
    writer.u64(said ?? offset);
    offset += Math.ceil(bytes.length / alignment) * alignment;
  }
  writer.pad(alignment);
  for (const { bytes } of tensors) {
    writer.bytes(bytes);
    writer.pad(alignment);
  }
  writer.bytes(new Uint8Array(parts.trailing ?? 0));
  return writer.done();
}
