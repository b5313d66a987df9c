/**
 * Checks a program against the rules of `ISA.md` section 4: what the units do not
 * hold back by themselves, the program must. It knows nothing of how the program
 * was made, only of instructions, and assumes the worst of every unit's pace.
 */
import {
  type Instruction,
  QUEUE_DEPTH,
  TOKENS,
  VECTOR_LATENCY,
  VECTOR_X,
  VECTOR_Y,
  VECTOR_Z,
  WAIT,
} from "./isa.ts";

type Fields = Readonly<Record<string, number>>;

/** Instructions that a unit may not have begun when later ones are issued. */
const IN_FLIGHT = QUEUE_DEPTH + 2;

/** The wait for all units. */
const ALL_IDLE = WAIT.vector | WAIT.scalar | WAIT.matrix | WAIT.load;

interface Product {
  readonly first: number;
  readonly words: number;
  readonly token: number;
  readonly number: number;
}

function overlap(
  a: { first: number; words: number },
  b: { first: number; words: number },
): boolean {
  return a.first < b.first + b.words && b.first < a.first + a.words;
}

class Checker {
  #passes: Fields[] = [];
  #products: Product[] = [];
  /** By word of the vector memory, the product whose result is there. */
  #writers: Map<number, Product> = new Map();
  /** Products before this one are through: their results come in order. */
  #complete = 0;
  /** Passes of which the pipeline is known to be empty. */
  #drained = 0;
  #scalarBusy: Set<number> = new Set();
  #loads: { first: number; done: boolean }[] = [];
  #at = 0;
  #lanes: number;

  constructor(lanes: number) {
    this.#lanes = lanes;
  }

  #hazard(what: string): never {
    throw new Error(
      `Cannot issue instruction ${this.#at} as programs have no hazards: ${what}`,
    );
  }

  #readsA(f: Fields): boolean {
    const { a, aMinusState, magnitude15, magnitude16 } = VECTOR_X;
    return [a, aMinusState, magnitude15, magnitude16].some((x) => x === f.x) ||
      f.y === VECTOR_Y.sigma;
  }

  #readsB(f: Fields): boolean {
    return f.x === VECTOR_X.oneMinusB || f.y === VECTOR_Y.b ||
      f.y === VECTOR_Y.oneMinusB || f.z === VECTOR_Z.b;
  }

  #reads(f: Fields): { first: number; words: number }[] {
    const words = f.words!;
    return [
      ...this.#readsA(f) ? [{ first: f.a!, words }] : [],
      ...this.#readsB(f) ? [{ first: f.b!, words }] : [],
    ];
  }

  /** What a product writes is read by passes that follow it. */
  #checkProducts(f: Fields): void {
    for (const { first, words } of this.#reads(f)) {
      for (let word = first; word < first + words; word++) {
        const writer = this.#writers.get(word);
        if (writer === undefined) continue;
        const followed = f.follow === 1 && f.token === writer.token &&
          this.#products.length - writer.number <= TOKENS &&
          f.s! + word - first >= word - writer.first;
        if (!followed && writer.number >= this.#complete) {
          this.#hazard("a pass reads a product without following it");
        }
      }
    }
    if (f.follow !== 1) return;
    const product = this.#products.findLast(({ token }) => token === f.token);
    this.#complete = Math.max(this.#complete, product?.number ?? 0);
  }

  #checkPipeline(f: Fields): void {
    if (f.chain === 0) return;
    let distance = 0;
    for (const before of this.#passes.slice(this.#drained).toReversed()) {
      distance += before.words!;
      if (distance >= VECTOR_LATENCY) return;
      const written = { first: before.d!, words: before.words! };
      const vectors = before.writeVector === 1 &&
        this.#reads(f).some((range) => overlap(range, written));
      if (vectors) this.#hazard("a pass reads what is still in the pipeline");
      if (before.chain === 0) return; // it has waited for all before it
    }
  }

  #vector(f: Fields): void {
    if ((f.wait! & WAIT.scalar) !== 0) this.#scalarBusy.clear();
    if ((f.wait! & WAIT.load) !== 0) {
      for (const load of this.#loads) load.done = true;
    }
    const scalar = f.x === VECTOR_X.magnitude15 ||
      f.x === VECTOR_X.magnitude16 || f.y === VECTOR_Y.scaled ||
      f.y === VECTOR_Y.mantissa;
    if (scalar && this.#scalarBusy.has(f.sreg!)) {
      this.#hazard("a pass uses a scalar that may not be written yet");
    }
    const constant = f.x === VECTOR_X.constant || f.y === VECTOR_Y.constant;
    const source = this.#loads.findLast(({ first }) => first <= f.c!);
    if (constant && source?.done !== true) {
      this.#hazard("a pass uses constants that may not be there yet");
    }
    this.#checkProducts(f);
    this.#checkPipeline(f);
    this.#passes.push(f);
    for (let w = 0; f.writeVector === 1 && w < f.words!; w++) {
      this.#writers.delete(f.d! + w);
    }
  }

  #scalar(f: Fields): void {
    const collects = f.sop === 6 || f.sop === 7;
    if (collects && f.wait !== (WAIT.vector | WAIT.scalar)) {
      this.#hazard("a maximum or a sum is taken while it is collected");
    }
    this.#scalarBusy.add(f.d!);
  }

  #matrix(f: Fields): void {
    const pass = this.#passes.findLastIndex((p) =>
      p.writeCodes === 1 && p.token === f.buffer
    );
    if (pass < 0) this.#hazard("a product has no codes");
    const number = this.#products.length;
    const words = f.head === 1 ? 0 : Math.ceil(f.rows! / this.#lanes);
    const product = { first: f.d!, words, token: f.token!, number };
    // From the pass that writes its codes on, results may come at any time.
    for (const p of this.#passes.slice(pass + 1)) {
      const read = this.#reads(p).some((range) => overlap(range, product));
      const written = p.writeVector === 1 &&
        overlap({ first: p.d!, words: p.words! }, product);
      if (words > 0 && (read || written)) {
        this.#hazard("a product may write over what a pass still uses");
      }
    }
    const old = this.#products[number - TOKENS];
    const followers = this.#passes.slice(-IN_FLIGHT).some((p) =>
      p.follow === 1 && p.token === f.token
    );
    if (old !== undefined && followers && (f.wait! & WAIT.vector) === 0) {
      this.#hazard("a token is used again while a pass may follow it");
    }
    this.#products.push(product);
    for (let w = 0; w < words; w++) this.#writers.set(f.d! + w, product);
  }

  /** The block unit has the memories to itself: all before it must be through. */
  #block(f: Fields): void {
    if (f.wait !== ALL_IDLE) {
      this.#hazard("the block unit starts while another unit may work");
    }
    this.#drained = this.#passes.length;
    this.#complete = this.#products.length;
    this.#scalarBusy.clear();
    for (const load of this.#loads) load.done = true;
  }

  #load(f: Fields): void {
    this.#loads = this.#loads.filter(({ first }) => first !== f.address);
    this.#loads.push({ first: f.address!, done: false });
    this.#loads.sort((a, b) => a.first - b.first);
  }

  run(instructions: readonly Instruction[]): void {
    for (const { kind, fields } of instructions) {
      const f: Fields = { wait: 0, chain: 0, address: 0, ...fields };
      if ((f.wait! & WAIT.vector) !== 0) this.#drained = this.#passes.length;
      if (kind === "vector") this.#vector(f);
      else if (kind === "scalar") this.#scalar(f);
      else if (kind === "matrix") this.#matrix(f);
      else if (kind === "load") this.#load(f);
      else if (kind === "block" || kind === "set") this.#block(f);
      this.#at++;
    }
    if (instructions.at(-1)?.kind !== "end") this.#hazard("it has no end");
  }
}

/**
 * Checks a program.
 *
 * @param instructions The instructions.
 * @param lanes Lanes of the vector unit.
 * @throws {Error} At the first hazard: says which.
 */
export function checkHazards(
  instructions: readonly Instruction[],
  lanes: number,
): void {
  new Checker(lanes).run(instructions);
}
