/**
 * `src/reference/ARITHMETIC.md` a second time, in big integers: sections 2 and 3
 * word by word, knowing nothing of the sources. What the reference computes in
 * doubles, and other machines in 32 bits, is held against this.
 */

/** A scalar: m x 2^e. */
export interface ExactScalar {
  /** Mantissa. */
  readonly m: bigint;
  /** Exponent. */
  readonly e: bigint;
}

/** Largest magnitude of a vector element. */
export const V = 2n ** 30n - 1n;

const ONE = 65_536n;
const ZERO: ExactScalar = { m: 0n, e: 0n };

function abs(n: bigint): bigint {
  return n < 0n ? -n : n;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** Number of binary digits. */
export function bits(n: bigint): bigint {
  return n === 0n ? 0n : BigInt(n.toString(2).length);
}

/** Section 2: `sat`. */
export function sat(n: bigint): bigint {
  return n > V ? V : n < -V ? -V : n;
}

/** floor((n + 2^(s-1)) / 2^s); `>>` of a BigInt is the floor. */
function rounded(n: bigint, s: bigint): bigint {
  return (n + (1n << (s - 1n))) >> s;
}

/** Section 2: `mulShift`. */
export function mulShift(x: bigint, y: bigint, s: bigint): bigint {
  return rounded(x * y, s);
}

/** Section 2: `shift`. */
export function shift(x: bigint, k: bigint): bigint {
  if (k >= 0n) return sat(x << k);
  return -k > 31n ? 0n : rounded(x, -k);
}

/** Section 2: `sNorm`. */
export function sNorm(n: bigint, e: bigint): ExactScalar {
  if (n === 0n) return ZERO;
  const s = bits(n) - 16n;
  return { m: s >= 0n ? n >> s : n << -s, e: e + s };
}

/** Section 2: `sMul`. */
export function sMul(a: ExactScalar, b: ExactScalar): ExactScalar {
  if (a.m === 0n || b.m === 0n) return ZERO;
  const p = a.m * b.m;
  return p >= 1n << 31n
    ? { m: p >> 16n, e: a.e + b.e + 16n }
    : { m: p >> 15n, e: a.e + b.e + 15n };
}

/** Section 2: `sAdd`. */
export function sAdd(a: ExactScalar, b: ExactScalar): ExactScalar {
  if (a.m === 0n) return b;
  if (b.m === 0n) return a;
  if (a.e < b.e) return sAdd(b, a);
  const s = a.m + (b.m >> min(a.e - b.e, 16n));
  return s >= 1n << 16n ? { m: s >> 1n, e: a.e + 1n } : { m: s, e: a.e };
}

/** The largest integer whose square is at most v. */
export function isqrt(v: bigint): bigint {
  let low = 0n;
  let high = v + 1n;
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle * middle <= v) low = middle;
    else high = middle;
  }
  return low;
}

/** Section 2: `sRsqrt`. */
export function sRsqrt(a: ExactScalar): ExactScalar {
  if (a.m === 0n) return ZERO;
  const j = (a.e - 16n) % 2n === 0n ? 16n : 15n;
  const q = isqrt(a.m << j);
  const r = (1n << 31n) / q;
  const e = -(a.e - j) / 2n - 31n;
  return r === 1n << 16n ? { m: 1n << 15n, e: e + 1n } : { m: r, e };
}

/** Section 2: `scale`. */
export function scale(x: bigint, s: ExactScalar): bigint {
  if (s.e >= 0n) return sat((x * s.m) << s.e);
  return -s.e > 62n ? 0n : sat(rounded(x * s.m, -s.e));
}

/** Section 2: `sumSquares`. */
export function sumSquares(x: readonly bigint[]): ExactScalar {
  const most = x.reduce((m, v) => abs(v) > m ? abs(v) : m, 0n);
  if (most === 0n) return ZERO;
  const s = bits(most) - 15n;
  const sum = x.reduce((sum, v) => {
    const y = s >= 0n ? abs(v) >> s : abs(v) << -s;
    return sum + y * y;
  }, 0n);
  return sNorm(sum, 2n * s);
}

/** Section 2: `sigma`. */
export function sigma(table: readonly bigint[], x: bigint, e: bigint): bigint {
  const k = e + 13n;
  const size = abs(x);
  const t = min(
    k >= 0n ? size << k : -k > 31n ? 0n : rounded(size, -k),
    (1n << 17n) - 1n,
  );
  const c = Number(t >> 8n);
  const r = t & 255n;
  const v = table[c]! + (((table[c + 1]! - table[c]!) * r + 128n) >> 8n);
  return x < 0n ? ONE - v : v;
}

/** Section 2: `mantissas`. */
export function mantissas(
  x: readonly bigint[],
): { codes: bigint[]; shift: bigint } {
  const most = x.reduce((m, v) => abs(v) > m ? abs(v) : m, 0n);
  const shift = bits(most) > 14n ? bits(most) - 14n : 0n;
  return { codes: x.map((v) => shift > 0n ? rounded(v, shift) : v), shift };
}

/** Section 2: `sine`. */
export function sine(table: readonly bigint[], a: bigint): bigint {
  const q = a >> 30n;
  let r = a & ((1n << 30n) - 1n);
  if (q % 2n === 1n) r = (1n << 30n) - r;
  const c = Number(r >> 21n);
  const d = (r >> 13n) & 255n;
  const v = c === 512
    ? table[512]!
    : table[c]! + (((table[c + 1]! - table[c]!) * d + 128n) >> 8n);
  return q >= 2n ? -v : v;
}

/** Section 2: `cosine`. */
export function cosine(table: readonly bigint[], a: bigint): bigint {
  return sine(table, (a + (1n << 30n)) % (1n << 32n));
}

/** Section 2: `exp2`. */
export function exp2(table: readonly bigint[], z: bigint): bigint {
  const n = z >> 16n;
  const c = Number((z >> 8n) & 255n);
  const v = table[c]! +
    (((table[c + 1]! - table[c]!) * (z & 255n) + 128n) >> 8n);
  if (n === 0n) return v;
  return n > 17n ? 0n : rounded(v, n);
}

function silu(table: readonly bigint[], x: bigint, e: bigint): bigint {
  return mulShift(x, sigma(table, x, e), 16n);
}

/** One row of a matrix of blocks. */
export interface ExactBlocks {
  /** A code an element. */
  readonly codes: readonly bigint[];
  /** Elements of a group. */
  readonly group: number;
  /** For each group its scale, m x 2^e; the mantissa is any integer. */
  readonly scales: readonly ExactScalar[];
  /** For each group its minimum, where the format has them. */
  readonly mins?: readonly ExactScalar[];
}

/** One token of one op: rows of numbers by name. */
export interface ExactCall {
  /** Value operands of this token. */
  readonly values: Readonly<Record<string, readonly bigint[]>>;
  /** Parameters, rows of the last dimension. */
  readonly params: Readonly<Record<string, readonly (readonly bigint[])[]>>;
  /** The table of an embedding, as floats. */
  readonly table?: (id: number) => readonly number[];
  /** Rows of a matrix that decodes to floats, as blocks. */
  readonly blocks?: (row: number) => ExactBlocks;
  /** Rows of that matrix. */
  readonly blockRows?: number;
  /** Tokens before this one. */
  readonly position: number;
  /** The state, changed in place: row after row; of ops that have one. */
  readonly state: bigint[];
  /** All states by operand, changed in place; caches grow. */
  readonly states: Readonly<Record<string, bigint[]>>;
  /** A numeric attribute. */
  readonly number: (name: string) => bigint;
  /** A scalar attribute. */
  readonly scalar: (name: string) => ExactScalar;
}

function pair(row: readonly bigint[]): ExactScalar {
  return { m: row[0]!, e: row[1]! };
}

function rounding(v: number, exponent: bigint): bigint {
  const scaled = Math.abs(v) * 2 ** -Number(exponent);
  const low = Math.floor(scaled);
  const n = min(BigInt(low) + (scaled - low >= 0.5 ? 1n : 0n), 32_767n);
  return v < 0 ? -n : n;
}

/** Section 7: scales and minimums of a row as integers. */
function aligned(
  { group, scales, mins }: ExactBlocks,
  exponent: bigint,
): { scale: (k: number) => bigint; min: (k: number) => bigint } {
  const at = (list: readonly ExactScalar[], k: number): ExactScalar =>
    list[Math.floor(k / group)]!;
  return {
    scale: (k) => {
      const { m, e } = at(scales, k);
      return shift(m, e - exponent);
    },
    min: (k) => {
      if (mins === undefined) return 0n;
      const { m, e } = at(mins, k);
      return shift(m, e - exponent - 4n);
    },
  };
}

/** Section 7: acc of a row. */
function blockProduct(
  row: ExactBlocks,
  x: readonly bigint[],
  exponent: bigint,
): bigint {
  const { scale, min } = aligned(row, exponent);
  let acc = 0n;
  for (let from = 0; from < x.length; from += row.group) {
    let p = 0n;
    let sum = 0n;
    for (let k = from; k < Math.min(from + row.group, x.length); k++) {
      p += row.codes[k]! * x[k]!;
      sum += x[k]!;
    }
    acc += ((scale(from) * p) >> 16n) - ((min(from) * sum) >> 12n);
  }
  return acc;
}

/** The heads of a row. */
function headsOf(x: readonly bigint[], heads: bigint): bigint[][] {
  const size = x.length / Number(heads);
  return Array.from(
    { length: Number(heads) },
    (_, h) => x.slice(h * size, (h + 1) * size),
  );
}

/** Section 8, one head of one token: keys and values of the tokens it sees. */
function attend(
  q: readonly bigint[],
  seen: readonly {
    k: readonly bigint[];
    kShift: bigint;
    v: readonly bigint[];
    vShift: bigint;
  }[],
  { m, e }: ExactScalar,
  table: readonly bigint[],
): bigint[] {
  const own = mantissas(q);
  const s = seen.map(({ k, kShift }) => {
    const raw = own.codes.reduce((sum, v, d) => sum + ((v * k[d]!) >> 8n), 0n);
    return scale(raw, { m, e: e + own.shift + kShift });
  });
  const most = s.reduce((a, b) => a > b ? a : b);
  const p = s.map((v) => exp2(table, most - v));
  const total = p.reduce((a, b) => a + b);
  const h = seen.reduce((a, { vShift }) => a > vShift ? a : vShift, 0n);
  const n = bits(total);
  const r = (1n << 31n) / (total >> (n - 16n));
  return q.map((_, d) => {
    const sum = seen.reduce(
      (sum, { v, vShift }, j) => sum + ((p[j]! * v[d]!) >> (h - vShift)),
      0n,
    );
    return sat(mulShift(sum >> (n - 15n), r, 30n - h));
  });
}

/** Section 3: for each op, results of one token by name. */
export const EXACT_OPS: Readonly<
  Record<string, (call: ExactCall) => Record<string, bigint[]>>
> = {
  embed_int({ values, table, blocks, number }) {
    const from = number("tableExponent");
    const id = Number(values.ids![0]);
    if (blocks) {
      const row = blocks(id);
      const { scale, min } = aligned(row, from);
      return {
        y: row.codes.map((q, k) =>
          shift(scale(k) * q - 16n * min(k), from - number("exponent"))
        ),
      };
    }
    const row = table!(id);
    return {
      y: row.map((v) => shift(rounding(v, from), from - number("exponent"))),
    };
  },
  norm_scale_int({ values, params, scalar }) {
    const w = params.weight?.[0];
    const a = values.x!.map((x, k) => w ? mulShift(x, w[k]!, 15n) : x);
    let d = sMul(scalar("cA"), sumSquares(a));
    if (values.y) d = sAdd(d, sMul(scalar("cB"), sumSquares(values.y)));
    const { m, e } = sRsqrt(sAdd(d, scalar("c0")));
    return { y: [m, e] };
  },
  quantize_int({ values, params }) {
    const w = params.weight![0]!;
    const p = values.x!.map((x, k) => mulShift(x, w[k]!, 15n));
    const most = p.reduce((m, v) => abs(v) > m ? abs(v) : m, 0n);
    if (most === 0n) return { codes: p.map(() => 0n), peak: [0n, 0n] };
    const { m, e } = sNorm(most, 0n);
    const r = (127n * 2n ** 24n + (m >> 1n)) / m;
    const by = bits(most) - 16n;
    const codes = p.map((v) => {
      const n = by >= 0n ? abs(v) >> by : abs(v) << -by;
      const code = (n * r + 2n ** 23n) >> 24n;
      return v < 0n ? -code : code;
    });
    return { codes, peak: [m, e] };
  },
  ternary_linear_int({ values, params, scalar }) {
    const { codes, peak, norm } = values;
    const s = sMul(sMul(pair(peak!), pair(norm!)), scalar("c"));
    return {
      y: params.weight!.map((row) =>
        scale(row.reduce((sum, t, k) => sum + t * codes![k]!, 0n), s)
      ),
    };
  },
  quantize16_int({ values, params }) {
    const w = params.weight?.[0];
    const { codes, shift } = mantissas(
      values.x!.map((x, k) => w ? mulShift(x, w[k]!, 15n) : x),
    );
    return { codes, shift: [shift] };
  },
  linear_int({ values, params, blocks, blockRows, number, scalar }) {
    const { codes, shift, norm } = values;
    const c = norm ? sMul(pair(norm), scalar("c")) : scalar("c");
    const unit = { m: c.m, e: c.e + shift![0]! };
    const bias = params.bias?.[0];
    return {
      y: Array.from({ length: blockRows! }, (_, n) => {
        const acc = blockProduct(blocks!(n), codes!, number("scaleExponent"));
        return sat(scale(acc, unit) + (bias?.[n] ?? 0n));
      }),
    };
  },
  scale_int: ({ values, scalar }) => ({
    y: values.x!.map((x) => scale(x, scalar("c"))),
  }),
  head_norm_int: ({ values, params, number, scalar }) => ({
    y: headsOf(values.x!, number("heads")).flatMap((head) => {
      const d = sAdd(sMul(scalar("cA"), sumSquares(head)), scalar("c0"));
      const s = sMul(sRsqrt(d), scalar("c"));
      return head.map((x, k) =>
        mulShift(scale(x, s), params.weight![0]![k]!, 15n)
      );
    }),
  }),
  rope_int: ({ values, params, position, number }) => ({
    y: headsOf(values.x!, number("heads")).flatMap((head) => {
      const turns = params.turns![0]!;
      const table = params.sine![0]!;
      const y = [...head];
      turns.forEach((turn, j) => {
        const [i, k] = number("pairing") === 0n
          ? [j, j + turns.length]
          : [2 * j, 2 * j + 1];
        const a = BigInt.asUintN(32, BigInt(position) * turn);
        const cos = cosine(table, a);
        const sin = sine(table, a);
        y[i] = sat(mulShift(head[i]!, cos, 16n) - mulShift(head[k]!, sin, 16n));
        y[k] = sat(mulShift(head[k]!, cos, 16n) + mulShift(head[i]!, sin, 16n));
      });
      return y;
    }),
  }),
  attention_int({ values, params, position, states, number, scalar }) {
    const heads = Number(number("heads"));
    const kvHeads = number("kvHeads");
    const join = (x: readonly bigint[], codes: bigint[], shifts: bigint[]) => {
      for (const head of headsOf(x, kvHeads)) {
        const made = mantissas(head);
        codes.push(...made.codes);
        shifts.push(made.shift);
      }
    };
    join(values.k!, states.keys!, states.keyShifts!);
    join(values.v!, states.values!, states.valueShifts!);
    const window = Number(number("window"));
    const size = values.q!.length / heads;
    return {
      y: headsOf(values.q!, BigInt(heads)).flatMap((q, h) => {
        const seen = [];
        for (let j = 0; j <= position; j++) {
          if (window > 0 && j <= position - window) continue;
          const at = j * Number(kvHeads) +
            Math.floor(h * Number(kvHeads) / heads);
          seen.push({
            k: states.keys!.slice(at * size, (at + 1) * size),
            kShift: states.keyShifts![at]!,
            v: states.values!.slice(at * size, (at + 1) * size),
            vShift: states.valueShifts![at]!,
          });
        }
        return attend(q, seen, scalar("c"), params.exp2![0]!);
      }),
    };
  },
  gate_int: ({ values, params, number }) => ({
    y: values.gate!.map((gate, k) => {
      const g = sigma(params.table![0]!, gate, number("gateExponent"));
      const t = mulShift(gate, g, 16n);
      return sat(mulShift(t, values.up![k]!, number("shift")));
    }),
  }),
  relu2_gate_int: ({ values, number }) => ({
    y: values.gate!.map((gate, k) => {
      const g = gate > 0n ? gate : 0n;
      const t = sat(mulShift(g, g, number("squareShift")));
      return sat(mulShift(t, values.up![k]!, number("shift")));
    }),
  }),
  add_int: ({ values }) => ({
    y: values.x!.map((x, k) => sat(x + values.y![k]!)),
  }),
  hgrn_int({ values, params, state, number }) {
    const table = params.sigmoid![0]!;
    const lb = params.lb?.[0];
    values.i!.forEach((i, k) => {
      const s = sigma(table, values.f![k]!, number("fExponent"));
      const g = lb ? lb[k]! + mulShift(ONE - lb[k]!, s, 16n) : s;
      const v = silu(table, i, number("iExponent"));
      state[k] = state[k]! + mulShift(v - state[k]!, ONE - g, 16n);
    });
    return { y: [...state] };
  },
  norm_gate_int: ({ values, params, number }) => ({
    y: values.x!.map((x, k) => {
      const t = silu(params.sigmoid![0]!, values.h![k]!, number("hExponent"));
      return mulShift(x, mulShift(t, params.weight![0]![k]!, 15n), 30n);
    }),
  }),
  swiglu_int({ values, params, number }) {
    const half = values.x!.length / 2;
    return {
      y: values.x!.slice(0, half).map((gate, k) => {
        const t = silu(params.sigmoid![0]!, gate, number("xExponent"));
        return mulShift(t, values.x![half + k]!, 30n);
      }),
    };
  },
  rms_norm_int({ values, params, scalar }) {
    const s = sMul(pair(values.norm!), scalar("c"));
    return {
      y: values.x!.map((x, k) =>
        mulShift(scale(x, s), params.weight![0]![k]!, 15n)
      ),
    };
  },
  short_conv_int({ values, params, state, number }) {
    const weight = params.weight!;
    const taps = weight[0]!.length;
    const width = values.x!.length;
    const by = 15n + bits(BigInt(taps - 1));
    const inputs = [...state, ...values.x!]; // oldest first
    const y = values.x!.map((_, k) => {
      let sum = 0n;
      for (let j = 0; j < taps; j++) {
        sum += mulShift(inputs[j * width + k]!, weight[k]![j]!, by);
      }
      return silu(params.sigmoid![0]!, sat(sum), number("exponent"));
    });
    state.splice(0, state.length, ...inputs.slice(width));
    return { y };
  },
  argmax_int({ values }) {
    const logits = values.logits!;
    const best = logits.reduce((a, b) => a > b ? a : b);
    return { y: [BigInt(logits.indexOf(best))] };
  },
};
