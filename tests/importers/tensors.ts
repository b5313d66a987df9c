import type { Tensor } from "./builder.ts";

/** The tensors of a sound safetensors file, by the plain rules of the format. */
export function readTensors(
  file: Uint8Array<ArrayBuffer>,
): Map<string, Tensor> {
  const length = Number(new DataView(file.buffer).getBigUint64(0, true));
  const header = JSON.parse(
    new TextDecoder().decode(file.subarray(8, 8 + length)),
  );
  const tensors = new Map<string, Tensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const { dtype, shape, data_offsets: [begin, end] } = entry as {
      dtype: string;
      shape: number[];
      "data_offsets": [number, number];
    };
    const bytes = file.slice(8 + length + begin, 8 + length + end);
    tensors.set(name, { dtype, shape, bytes });
  }
  return tensors;
}

/** Numbers as they are stored, of a dtype of floats. */
export function widen(dtype: string, bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const size = dtype === "F32" ? 4 : 2;
  return Float32Array.from({ length: bytes.length / size }, (_, i) => {
    if (dtype === "F32") return view.getFloat32(4 * i, true);
    const bits = view.getUint16(2 * i, true);
    if (dtype === "BF16") {
      return new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!;
    }
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const mantissa = bits & 1023;
    return exponent === 0
      ? sign * mantissa * 2 ** -24
      : sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
  });
}
