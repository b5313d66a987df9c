/**
 * Where the tensors of a GGUF file lie: one after another, each padded to the
 * alignment, inside the file, with the bytes that type and shape take. The two
 * layouts of `Q2_0` are told apart here, as only a tensor's extent does it.
 */
import { quote } from "../../format/mod.ts";
import { type EncodingName, isRowLength } from "../../ir/mod.ts";
import type { GgufTensor, ListedTensor } from "./container.ts";
import { dataBytes, I2_S, Q2_0, storedEncoding, typeName } from "./types.ts";

/** What is known of the file around the tensors. */
export interface TensorSpace {
  /** What to call the file in messages. */
  readonly name: string;
  /** Offset of the data in the file. */
  readonly start: number;
  /** Bytes of the file. */
  readonly size: number;
  /** What offsets are multiples of. */
  readonly alignment: number;
}

/** A tensor with the bytes up to the next one. */
interface Extent extends ListedTensor {
  readonly extent: number;
}

type Stored = EncodingName | "i2_s";

function elementsOf({ shape }: ListedTensor): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Whether an encoding's rows can have this length, and fill the extent but for padding. */
function fits(
  { extent, ...tensor }: Extent,
  encoding: Stored,
  alignment: number,
): boolean {
  const row = tensor.shape.at(-1)!;
  const whole = encoding === "i2_s"
    ? elementsOf(tensor) % 4 === 0
    : isRowLength(encoding, row);
  if (!whole) return false;
  const bytes = dataBytes(encoding, elementsOf(tensor));
  return bytes <= extent && extent < bytes + alignment;
}

/**
 * Checks places and finds encodings.
 *
 * @param listed Tensors as they are listed.
 * @param space The file around them.
 * @returns Tensors by name, in the order of their data.
 * @throws {TypeError} If a type is not supported, or a layout cannot be told.
 * @throws {SyntaxError} If a tensor does not lie where it must.
 */
export function placeTensors(
  listed: readonly ListedTensor[],
  space: TensorSpace,
): Map<string, GgufTensor> {
  const { name, start, size, alignment } = space;
  const fail = (why: string): never => {
    throw new SyntaxError(`Cannot read ${name} as GGUF: ${why}`);
  };
  for (const tensor of listed) checkType(name, tensor);
  const order = listed.toSorted((a, b) => a.offset - b.offset);
  const extents = order.map((tensor, i) => ({
    ...tensor,
    extent: (order[i + 1]?.offset ?? size - start) - tensor.offset,
  }));
  if ((order[0]?.offset ?? 0) !== 0) {
    fail(`its data begins at ${order[0]!.offset} in place of 0`);
  }
  const q2 = layoutOfQ2(extents, alignment);
  const tensors = new Map<string, GgufTensor>();
  for (const tensor of extents) {
    const what = `tensor ${quote(tensor.name)}`;
    if (tensor.offset % alignment !== 0) {
      fail(`${what} begins at ${tensor.offset}, no multiple of ${alignment}`);
    }
    const encoding = encodingOf(tensor, q2) ?? ambiguous(name, tensor);
    const row = tensor.shape.at(-1)!;
    if (encoding !== "i2_s" && !isRowLength(encoding, row)) {
      fail(`${what} has rows of ${row}, no whole blocks of ${encoding}`);
    }
    if (!fits(tensor, encoding, alignment)) {
      fail(
        `${what} of ${typeName(tensor.type)} [${tensor.shape}] takes ${
          dataBytes(encoding, elementsOf(tensor))
        } bytes, and has room for ${tensor.extent}`,
      );
    }
    const begin = start + tensor.offset;
    tensors.set(tensor.name, {
      name: tensor.name,
      type: tensor.type,
      encoding,
      shape: tensor.shape,
      begin,
      end: begin + dataBytes(encoding, elementsOf(tensor)),
    });
  }
  return tensors;
}

function checkType(file: string, { name, type }: ListedTensor): void {
  if (type === I2_S || storedEncoding(type) !== undefined) return;
  throw new TypeError(
    `Cannot import ${file} as tensor ${
      quote(name)
    } has a type that is not supported: ${typeName(type)}`,
  );
}

function encodingOf(
  { type }: ListedTensor,
  q2: EncodingName | undefined,
): Stored | undefined {
  if (type === I2_S) return "i2_s";
  return type === Q2_0 ? q2 : storedEncoding(type);
}

/**
 * Finds the layout of a file's `Q2_0` tensors. In small ones both may fit, as
 * padding hides the difference; the others then decide, as a writer knows one.
 */
function layoutOfQ2(
  extents: readonly Extent[],
  alignment: number,
): EncodingName | undefined {
  const ours = extents.filter(({ type }) => type === Q2_0);
  const possible = (["q2_0", "q2_0_g128"] as const).filter((layout) =>
    ours.every((tensor) => fits(tensor, layout, alignment))
  );
  // With none that fits all, the error about the first tensor says what is wrong.
  if (possible.length === 0) return "q2_0";
  return possible.length === 1 ? possible[0] : undefined;
}

function ambiguous(file: string, { name }: ListedTensor): never {
  throw new TypeError(
    `Cannot import ${file} as tensor ${
      quote(name)
    } of Q2_0 (42) may have blocks of 64 or of 128, and no tensor is large enough to tell`,
  );
}
