/**
 * Reads where the tensors of a sound GGUF file are: for tests that compare what
 * was imported with what the bytes say. It trusts the file.
 */

/** Elements and bytes of a block by type, of those that tests write. */
const SIZES: Readonly<Record<number, readonly [number, number]>> = {
  0: [1, 4],
  1: [1, 2],
  2: [32, 18],
  8: [32, 34],
  30: [1, 2],
  35: [256, 66],
  42: [64, 18],
};

/** Bytes of a value by type, where all have the same. */
const WIDTHS = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];

/** The bytes of every tensor by name; `undefined` for types without blocks. */
export function tensorsOf(
  file: Uint8Array<ArrayBuffer>,
): Map<string, Uint8Array | undefined> {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  let at = 8;
  const u32 = (): number => view.getUint32((at += 4) - 4, true);
  const u64 = (): number => Number(view.getBigUint64((at += 8) - 8, true));
  const string = (): string => {
    const length = u64();
    at += length;
    return new TextDecoder().decode(file.subarray(at - length, at));
  };
  const skip = (type: number): void => {
    if (type === 8) string();
    else if (type === 9) {
      const of = u32();
      for (let n = u64(); n > 0; n--) skip(of);
    } else at += WIDTHS[type]!;
  };
  const tensorCount = u64();
  let alignment = 32;
  for (let keys = u64(); keys > 0; keys--) {
    const key = string();
    const type = u32();
    if (key === "general.alignment") alignment = view.getUint32(at, true);
    skip(type);
  }
  const list: { name: string; type: number; size: number; offset: number }[] =
    [];
  for (let i = 0; i < tensorCount; i++) {
    const name = string();
    let size = 1;
    for (let rank = u32(); rank > 0; rank--) size *= u64();
    list.push({ name, size, type: u32(), offset: u64() });
  }
  const start = Math.ceil(at / alignment) * alignment;
  return new Map(list.map(({ name, size, type, offset }) => {
    const block = SIZES[type];
    if (block === undefined) return [name, undefined];
    const begin = start + offset;
    return [name, file.subarray(begin, begin + size / block[0] * block[1])];
  }));
}
