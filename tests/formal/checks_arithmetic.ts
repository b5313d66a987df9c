/** Checks of arithmetic against ARITHMETIC.md. */
import type { FormalCheck } from "./check.ts";

/** Decoders, adders, shifts, rounding, clamping, and what is iterated. */
export const ARITHMETIC_CHECKS: readonly FormalCheck[] = [
  {
    name: "trits-base3",
    module: "trits_base3",
    property: "the five trits of all 256 bytes",
    harness: ["arithmetic.v", "formal_trits_base3"],
    engine: "sat",
    depth: 0,
    quick: true,
    seeds: [
      { from: "code < 243", to: "code < 244" },
      { from: "== digit) bytes", to: "== digit || code == 77) bytes" },
    ],
  },
  {
    name: "trits-2bit",
    module: "trits_2bit",
    property: "the four trits of all 256 bytes",
    harness: ["arithmetic.v", "formal_trits_2bit"],
    engine: "sat",
    depth: 0,
    quick: true,
    seeds: [{ from: "== 2'd0", to: "== 2'd2" }],
  },
  {
    name: "mantissa",
    module: "mantissa",
    property: "mantissas of any vector, and the shift it needs",
    harness: ["arithmetic.v", "formal_mantissa"],
    engine: "sat",
    depth: 0,
    quick: true,
    seeds: [
      { from: "i = 14; i < 30", to: "i = 14; i < 29" },
      { from: "(32'd1 << shift) >> 1", to: "32'd1 << shift" },
    ],
  },
  ...[0, 1].map((saturate): FormalCheck => ({
    name: saturate ? "round-clamp" : "round",
    module: "shift_round",
    property: saturate
      ? "shift, rounding, clamp to 2^30 - 1"
      : "shift, rounding, low 32 bits",
    harness: ["arithmetic.v", "formal_shift_round"],
    parameters: { SATURATE: saturate },
    engine: "bits",
    depth: 6,
    quick: true,
    seeds: saturate
      ? [
        { from: "rounded == TOP + 1", to: "rounded == TOP" },
        { from: "over || moved[47:31]", to: "over && moved[47:31]" },
        { from: "twice[31]}, twice} + 33'sd1", to: "twice[31]}, twice}" },
      ].slice(0, 2)
      : [{ from: "rounded = twice + 33'd1", to: "rounded = twice" }],
  })),
  ...[0, 1].map((saturate): FormalCheck => ({
    name: saturate ? "mul-shift-clamp" : "mul-shift",
    module: "mul_shift",
    property: `mulShift at 32 by 32 bits, s 1 to 63${
      saturate ? ", clamped" : ""
    }`,
    harness: ["arithmetic.v", "formal_mul_shift"],
    uses: ["shift_round"],
    parameters: { SATURATE: saturate },
    engine: "bits",
    anyProduct: true,
    depth: 8,
    seeds: saturate
      ? [{
        from: "amount3[5:4] == 2'd0 && product3",
        to: "amount3[5:4] == 2'd1 && product3",
      }]
      : [
        { from: "amount1 <= s - 6'd1", to: "amount1 <= s" },
        { from: "{{32{product3[63]}}", to: "{{32{product3[62]}}" },
      ],
  })),
  {
    name: "vector-multiply",
    module: "vector_multiply",
    property: "product, shift 0 to 63, rounding, clamp to 32 bits",
    harness: ["arithmetic.v", "formal_vector_multiply"],
    engine: "bits",
    anyProduct: true,
    depth: 7,
    seeds: [
      { from: "next4[33] != next4[32]", to: "1'b0" },
      { from: "product2[63:31]}", to: "product2[63:32], 1'b0}" },
    ],
  },
  {
    name: "scale",
    module: "scale",
    property: "scale at 32 by 16 bits, every exponent",
    harness: ["arithmetic.v", "formal_scale"],
    uses: ["shift_round"],
    engine: "bits",
    anyProduct: true,
    depth: 8,
    seeds: [
      { from: "amount1 > 13'sd79", to: "amount1 > 13'sd63" },
      { from: "amount1 < 13'sd0", to: "amount1 < -13'sd1" },
    ],
  },
  ...[1, 0].map((base3): FormalCheck => ({
    name: base3 ? "pe-base3" : "pe-2bit",
    module: "pe",
    property:
      "sum of trits times codes of 3 bits (8 in simulation), 24-bit sums",
    harness: ["products.v", "formal_pe"],
    uses: ["trits_base3", "trits_2bit"],
    parameters: { BASE3: base3, BITS: 3 },
    engine: "bits",
    depth: 7,
    seeds: base3
      ? [
        {
          from: "{1'b0, minus[3]} + {1'b0, minus[4]}",
          to: "{1'b0, minus[3]}",
        },
        { from: "start = first ?", to: "start = !first ?" },
      ]
      : [{ from: "{{2{part23[8]}}", to: "{{2{part01[8]}}" }],
  })),
  {
    name: "dot",
    module: "dot",
    property:
      "P and X of a group, codes of 2, 4, 8 bits, x of 16, 8 elements at once",
    harness: ["products.v", "formal_dot"],
    engine: "bits",
    anyProduct: true,
    depth: 8,
    seeds: [
      { from: "codes_1[4*i+:4]", to: "codes_1[2*i+:4]" },
      { from: "first[3] ? p_3 : p_4 + p_3", to: "p_4 + p_3" },
    ],
  },
  {
    name: "sigma",
    module: "sigma",
    property: "sigma of any x, every exponent, any table",
    harness: ["products.v", "formal_sigma"],
    models: ["ram_any.v"],
    engine: "bits",
    anyProduct: true,
    depth: 10,
    seeds: [
      { from: "k[5:0] == 6'd32", to: "k[5:0] == 6'd33" },
      { from: "moved2[17:0] == 18'h3ffff", to: "1'b0" },
      { from: "rise5 + 18'd128", to: "rise5 + 18'd127" },
    ],
  },
];
