/** Which function takes the blocks of a format apart. */
import type { Unpack } from "./_unpack.ts";
import {
  unpackQ1_0,
  unpackQ2_0,
  unpackQ2_0G128,
  unpackTq1_0,
  unpackTq2_0,
} from "./_unpack_low.ts";
import {
  unpackIq4Nl,
  unpackQ4_0,
  unpackQ4_1,
  unpackQ5_0,
  unpackQ5_1,
  unpackQ8_0,
} from "./_unpack_simple.ts";
import {
  unpackIq4Xs,
  unpackQ2K,
  unpackQ3K,
  unpackQ4K,
  unpackQ5K,
  unpackQ6K,
} from "./_unpack_super.ts";
import type { BlockFormat } from "./formats.ts";

/** Every format's function. */
export const UNPACKERS: Readonly<Record<BlockFormat, Unpack>> = {
  q8_0: unpackQ8_0,
  q4_0: unpackQ4_0,
  q4_1: unpackQ4_1,
  q5_0: unpackQ5_0,
  q5_1: unpackQ5_1,
  q2_k: unpackQ2K,
  q3_k: unpackQ3K,
  q4_k: unpackQ4K,
  q5_k: unpackQ5K,
  q6_k: unpackQ6K,
  iq4_nl: unpackIq4Nl,
  iq4_xs: unpackIq4Xs,
  tq1_0: unpackTq1_0,
  tq2_0: unpackTq2_0,
  q1_0: unpackQ1_0,
  q2_0: unpackQ2_0,
  q2_0_g128: unpackQ2_0G128,
};
