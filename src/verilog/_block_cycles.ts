/**
 * What an instruction of the block unit takes, from the latencies in the heads of its
 * modules. Attention is that of the first token of a text, the only one that is known
 * before it runs: what later ones add is in `ISA.md`.
 */
import { BLOCK_OP } from "./isa.ts";

type Fields = Readonly<Record<string, number>>;

/** What the cycles depend on beside the instruction. */
export interface BlockPace {
  /** Bytes of a beat. */
  readonly beatBytes: number;
  /** Products a cycle. */
  readonly multipliers: number;
  /** Cycles from an address to its first beat. */
  readonly latency: number;
  /** A register that was set before. */
  readonly setting: (index: number) => Fields;
}

/** Cycles of an instruction beside its work: read, begin, end. */
const AROUND = 4;

/** Cycles from the last codes of a row to its result. */
const PRODUCT_PIPELINE = 14;

/** Cycles beside the latency from a question to memory to the first beat. */
const ASK = 8;

/** Cycles of a written beat beside the others, and of the last one's response. */
const PUT = 2;

function linearCycles(
  f: Fields,
  { beatBytes, multipliers }: BlockPace,
): number {
  const group = 16 * 2 ** f.size!;
  const units = f.groups! * ((f.flag0 ? 2 : 1) + group * 2 ** f.width! / 16) +
    (f.flag1 ? 2 : 0);
  const rest = (beatBytes / 2 - units % (beatBytes / 2)) % (beatBytes / 2);
  const row = (f.flag1 ? 1 : 0) + f.groups! * (1 + group / multipliers) +
    Math.max(1, Math.ceil(rest / 8));
  return f.count! * row + PRODUCT_PIPELINE;
}

function attentionCycles({ beatBytes, latency, setting }: BlockPace): number {
  const { low } = setting(0);
  const [heads, kvHeads, dim] = [low! & 255, (low! >> 8) & 255, low! >>> 16];
  const units = setting(1).high! * beatBytes / 2;
  const joins = kvHeads *
    (2 * (dim + 2) + 2 * (3 * units + PUT * setting(1).high!));
  const pass = ASK + latency + dim + units / (beatBytes / 2) + 12;
  return joins + latency +
    heads * (dim + 2 + 2 * dim + 2 * pass + 7 + 20 + 4 * dim);
}

/**
 * Works out the cycles of an instruction.
 *
 * @param fields Its fields.
 * @param pace What they depend on.
 * @returns Cycles if no beat is late, and the beats that it takes of the stream.
 */
export function blockCycles(
  fields: Fields,
  pace: BlockPace,
): { readonly cycles: number; readonly beats: number } {
  const f = fields;
  const count = f.count ?? 0;
  const { beatBytes, latency } = pace;
  switch (f.sub) {
    case BLOCK_OP.mantissas:
    case BLOCK_OP.relu:
      return { cycles: AROUND + 3 * count, beats: 0 };
    case BLOCK_OP.linear:
      return {
        cycles: AROUND + linearCycles(f, pace),
        beats: count * f.b!,
      };
    case BLOCK_OP.embed: {
      const elements = f.groups! * 16 * 2 ** f.size!;
      return {
        cycles: AROUND + ASK + latency + elements + f.groups!,
        beats: 0,
      };
    }
    case BLOCK_OP.table: {
      const beats = Math.ceil(4 * count / beatBytes);
      return { cycles: AROUND + count + beats, beats };
    }
    case BLOCK_OP.turns:
      return { cycles: AROUND + 2 * 13 * count, beats: 0 };
    case BLOCK_OP.rope:
      return { cycles: AROUND + 10 * f.groups! * count, beats: 0 };
    default:
      return { cycles: AROUND + attentionCycles(pace), beats: 0 };
  }
}
