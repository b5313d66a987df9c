import { testBench } from "./_bench.ts";
import { checkMulShift, checkScale, checkSigma } from "./_arithmetic.ts";
import {
  checkDivide,
  checkDivideReset,
  checkIsqrt,
  checkIsqrtReset,
} from "./_serial.ts";

testBench("bench_arithmetic", [
  {
    module: "sterna_mul_shift",
    // One bit too few: products whose bit 47 is not their sign.
    fault: {
      from: "product3[63:47] != {17{product3[63]}}",
      to: "product3[63:48] != {16{product3[63]}}",
    },
    checks: { "is mulShift for every shift, and clamps": checkMulShift },
  },
  {
    module: "sterna_scale",
    fault: {
      from: "product3[47:31] != {17{product3[47]}}",
      to: "product3[47:32] != {16{product3[47]}}",
    },
    checks: { "is scale for every exponent": checkScale },
  },
  {
    module: "sterna_sigma",
    // Only arguments that round up to the end of the table show it.
    fault: { from: "|| moved2[17:0] == 18'h3ffff", to: "" },
    checks: { "is sigma for every exponent": checkSigma },
  },
  {
    module: "sterna_divide",
    fault: {
      from: "remainder >= {1'b0, divisor}",
      to: "remainder > {1'b0, divisor}",
    },
    checks: {
      "gives floor(num / den) in its number of cycles": checkDivide,
      "forgets a division that a reset cuts short": checkDivideReset,
    },
  },
  {
    module: "sterna_isqrt",
    fault: { from: "next >= trial", to: "next > trial" },
    checks: {
      "is isqrt in 16 cycles": checkIsqrt,
      "forgets a root that a reset cuts short": checkIsqrtReset,
    },
  },
]);
