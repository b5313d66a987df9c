/**
 * The memory image that the hardware reads: everything it needs of one model.
 *
 *     header      32 words of 32 bits
 *     program     4 words an instruction
 *     sigmoid     512 words, base << 10 | difference to the next
 *     embedding   one row a token id, 16-bit integers or blocks, whole beats
 *     stream      constants and weights in the order of use, whole beats
 *     caches      of attention: not part of the image, but of the memory
 *
 * Header, program and table are read once, front to back; then a token is one
 * embedding row and the whole stream. An embedding of blocks that is the head's
 * matrix as well is in the stream only.
 */
import {
  ARITHMETIC_VERSION,
  type FloatFormat,
  roundHalfAway,
  type Sink,
  widenToF32,
} from "../base/mod.ts";
import { rowBytes } from "../ir/mod.ts";
import { encodeInstruction, INSTRUCTION_WORDS } from "./isa.ts";
import type { Program } from "./program.ts";
import {
  blockBytes,
  type ReadParam,
  segmentBeats,
  segmentBytes,
} from "./stream.ts";

/** "STRN", the first word of an image. */
export const IMAGE_MAGIC = 0x4e525453;

/** Version of the image and of the instruction set; another one is refused by the hardware. */
export const IMAGE_VERSION = 1;

/** Bytes of the header. */
export const HEADER_BYTES = 128;

/** Entries of the sigmoid table in the hardware. */
export const TABLE_ENTRIES = 512;

/** Embedding elements made at once: bounds the memory of a writer. */
const EMBEDDING_CHUNK = 2 ** 20;

/** Where the parts of an image are, in bytes from its start. */
export interface ImageLayout {
  /** Embedding rows. */
  readonly embedding: number;
  /** Weight stream. */
  readonly stream: number;
  /** Beats of the stream. */
  readonly streamBeats: number;
  /** First byte of each segment of the program. */
  readonly segments: readonly number[];
  /** Whether embedding rows are the head's, in the stream. */
  readonly tied: boolean;
  /** Bytes in all. */
  readonly size: number;
}

/**
 * Lays an image out.
 *
 * @param program The program.
 * @returns Offsets and sizes.
 */
export function layoutImage(program: Program): ImageLayout {
  const { beatBytes } = program.geometry;
  const align = (n: number): number => Math.ceil(n / 4096) * 4096;
  const boot = HEADER_BYTES +
    4 * (INSTRUCTION_WORDS * program.instructions.length + TABLE_ENTRIES);
  const { beats, rows } = program.embedding;
  const head = tiedSegment(program);
  const own = head < 0 ? rows * beats * beatBytes : 0;
  const stream = align(align(boot) + own);
  const segments: number[] = [];
  let streamBeats = 0;
  for (const segment of program.segments) {
    segments.push(stream + streamBeats * beatBytes);
    streamBeats += segmentBeats(segment, program.geometry);
  }
  const size = align(stream + streamBeats * beatBytes);
  const embedding = segments[head] ?? align(boot);
  return { embedding, stream, streamBeats, segments, tied: head >= 0, size };
}

/** The segment whose rows are those of the embedding, or -1. */
function tiedSegment({ embedding, segments }: Program): number {
  if (embedding.blocks === undefined) return -1;
  const { param, exponent } = embedding.blocks;
  return segments.findIndex((segment) =>
    segment.kind === "blocks" && segment.matrix.param === param &&
    segment.matrix.exponent === exponent && segment.matrix.bias === undefined
  );
}

function tableEntry(table: DataView, i: number): number {
  const base = table.getInt32(4 * i, true);
  const rise = table.getInt32(4 * (i + 1), true) - base;
  if (base < 0 || base > 65_536 || rise < 0 || rise > 1023) {
    throw new RangeError(
      `Cannot hold the sigmoid table as entries rise by 0..1023 within 0..65536: entry ${i} is ${base}, the next one ${
        base + rise
      }`,
    );
  }
  return base * 1024 + rise;
}

async function bootBytes(
  program: Program,
  layout: ImageLayout,
  read: ReadParam,
): Promise<Uint8Array<ArrayBuffer>> {
  const { instructions, geometry, needs, embedding, logits } = program;
  const { beatBytes, rows, vectorLanes, codeLanes, trits } = geometry;
  const words = INSTRUCTION_WORDS * instructions.length;
  const out = new Uint32Array(HEADER_BYTES / 4 + words + TABLE_ENTRIES);
  out.set([
    IMAGE_MAGIC,
    IMAGE_VERSION,
    ARITHMETIC_VERSION,
    beatBytes,
    trits,
    rows,
    vectorLanes,
    instructions.length,
    needs.vectorElements / vectorLanes,
    needs.stateElements / vectorLanes,
    needs.constElements / vectorLanes,
    needs.codeElements / codeLanes,
    layout.embedding / beatBytes,
    embedding.beats,
    embedding.rows,
    layout.stream / beatBytes,
    layout.streamBeats,
    logits.count,
    needs.mantissaElements,
    needs.contextTokens,
  ]);
  instructions.forEach((instruction, i) =>
    out.set(
      encodeInstruction(instruction),
      HEADER_BYTES / 4 + INSTRUCTION_WORDS * i,
    )
  );
  if (program.sigmoid !== undefined) {
    const table = await read(program.sigmoid);
    const view = new DataView(table.buffer, table.byteOffset, table.length);
    for (let i = 0; i < TABLE_ENTRIES; i++) {
      out[HEADER_BYTES / 4 + words + i] = tableEntry(view, i);
    }
  }
  const bytes = new Uint8Array(4 * out.length);
  const view = new DataView(bytes.buffer);
  out.forEach((word, i) => view.setUint32(4 * i, word, true));
  return bytes;
}

async function writeEmbedding(
  program: Program,
  layout: ImageLayout,
  { read, sink }: { read: ReadParam; sink: Sink },
): Promise<void> {
  const { param, exponent, rows, width, beats, blocks } = program.embedding;
  if (layout.tied) return;
  const { encoding } = program.graph.params[param]!;
  const size = rowBytes(encoding, width);
  const stride = beats * program.geometry.beatBytes;
  const stored = await read(param);
  const factor = 2 ** -exponent;
  const chunk = Math.max(1, Math.floor(EMBEDDING_CHUNK / width));
  for (let first = 0; first < rows; first += chunk) {
    const count = Math.min(chunk, rows - first);
    if (blocks !== undefined) {
      const { geometry, graph } = program;
      const range = { first, count };
      const source = { graph, read };
      const bytes = await blockBytes(blocks, range, geometry, source);
      await sink.write(layout.embedding + first * stride, bytes);
      continue;
    }
    const values = widenToF32(
      encoding as FloatFormat,
      stored.subarray(first * size, (first + count) * size),
    );
    const out = new Int16Array(count * stride / 2);
    for (let i = 0; i < values.length; i++) {
      const row = Math.floor(i / width);
      const n = roundHalfAway(values[i]! * factor);
      out[row * stride / 2 + i - row * width] = Math.min(
        Math.max(n, -32_767),
        32_767,
      );
    }
    await sink.write(
      layout.embedding + first * stride,
      littleEndian16(out),
    );
  }
}

/** The bytes of 16-bit words, which are in order already on most machines. */
function littleEndian16(
  words: Int16Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(words.buffer);
  if (new Uint8Array(new Uint16Array([1]).buffer)[0] === 1) return bytes;
  for (let i = 0; i < bytes.length; i += 2) {
    [bytes[i], bytes[i + 1]] = [bytes[i + 1]!, bytes[i]!];
  }
  return bytes;
}

/**
 * Writes an image front to back, one tensor at a time.
 *
 * @param program The program.
 * @param read Reads a parameter's stored bytes.
 * @param sink Where the image goes; bytes that are not written are zero.
 * @returns Where the parts are.
 * @throws {RangeError} If the sigmoid table does not fit the hardware's.
 */
export async function writeImage(
  program: Program,
  read: ReadParam,
  sink: Sink,
): Promise<ImageLayout> {
  const layout = layoutImage(program);
  await sink.write(0, await bootBytes(program, layout, read));
  await writeEmbedding(program, layout, { read, sink });
  for (const [i, segment] of program.segments.entries()) {
    const { geometry, graph } = program;
    const bytes = await segmentBytes(segment, geometry, { graph, read });
    await sink.write(layout.segments[i]!, bytes);
  }
  const end = layout.stream + layout.streamBeats * program.geometry.beatBytes;
  await sink.write(end, new Uint8Array(layout.size - end));
  return layout;
}
