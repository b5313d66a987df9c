import { disturbed } from "./_disturb.ts";
import { checkDatapath, DATAPATH_PARAMETERS } from "./_units_datapath.ts";
import { testUnits } from "./_unit_bench.ts";
import {
  checkCounters,
  checkMarks,
  checkMultiply,
  checkQueue,
  checkScalar,
} from "./_units_scalar.ts";
import {
  checkCodes,
  checkCodesLate,
  checkCodesReset,
  checkDrain,
  checkMatvec,
  checkMatvec2bit,
  CODES_PARAMETERS,
} from "./_units_matrix.ts";
import {
  checkFollow,
  checkVector,
  checkVectorReset,
  VECTOR_PARAMETERS,
} from "./_units_vector.ts";

testUnits("bench_units", [
  {
    module: "sterna_queue",
    prefix: "queue",
    parameters: { WIDTH: 32, DEPTH: 3 },
    fault: { from: "if (push && !after_pop[i])", to: "if (push && !full[i])" },
    checks: {
      "keeps words in order at full pace": checkQueue,
      "keeps words in order after any reset": disturbed(checkQueue, "queue"),
    },
  },
  {
    module: "sterna_vector_multiply",
    prefix: "multiply",
    fault: { from: "product2[63:47] != {17", to: "product2[63:47] == {17" },
    checks: { "shifts, rounds and clamps to 32 bits": checkMultiply },
  },
  {
    module: "sterna_scalar",
    prefix: "scalar",
    parameters: { BLOCKS: 1 },
    fault: { from: "(marks & ~unset_mask)", to: "marks" },
    checks: {
      "agrees with the arithmetic in every operation": checkScalar,
      "marks what it writes": checkMarks,
      "agrees after any reset": disturbed(checkScalar, "scalar"),
      "marks after any reset": disturbed(checkMarks, "scalar"),
    },
  },
  {
    module: "sterna_scalar_lane",
    within: "sterna_scalar",
    prefix: "scalar",
    parameters: { BLOCKS: 1 },
    fault: {
      from: "12'sd15 : 12'sd16)) >>> 1",
      to: "12'sd16 : 12'sd15)) >>> 1",
    },
    checks: { "computes every operation": checkScalar },
  },
  {
    module: "sterna_counters",
    prefix: "counters",
    parameters: { COUNT: 5 },
    fault: { from: "else if (events[i])", to: "else if (!events[i])" },
    checks: { "counts events": checkCounters },
  },
  {
    module: "sterna_vector",
    prefix: "vector",
    parameters: VECTOR_PARAMETERS,
    fault: { from: "> addr_s;", to: ">= addr_s;" },
    checks: {
      "runs random passes as the instruction set says": checkVector,
      "follows a product word by word": checkFollow,
      "is clean after a reset": checkVectorReset,
      "follows a product after any reset": disturbed(checkFollow, "vector"),
    },
  },
  {
    module: "sterna_vector_lane",
    within: "sterna_vector",
    prefix: "vector",
    parameters: VECTOR_PARAMETERS,
    fault: { from: "3'd3: x_8 <= a_7 - s_7", to: "3'd3: x_8 <= s_7 - a_7" },
    checks: { "computes random passes": checkVector },
  },
  {
    module: "sterna_vector_slice",
    within: "sterna_vector",
    prefix: "vector",
    parameters: VECTOR_PARAMETERS,
    fault: { from: "down[11:6] != 6'd0", to: "down[11:6] == 6'd0" },
    checks: { "gives passes their scalars": checkVector },
  },
  {
    module: "sterna_codes",
    prefix: "codes",
    parameters: CODES_PARAMETERS,
    fault: { from: "complete > index", to: "complete >= index" },
    checks: {
      "gives each row group its codes": checkCodes,
      "gives codes after any reset": disturbed(checkCodes, "codes"),
      "has no words on their way after a reset": checkCodesReset,
      "gives late words as soon as they are there": checkCodesLate,
    },
  },
  {
    module: "sterna_matvec",
    prefix: "matvec",
    parameters: { BEAT: 16, ROWS: 8, LANES: 4 },
    fault: { from: "fire_at[3]", to: "fire_at[2]" },
    checks: {
      "sums rows of matrices in slices of a beat": checkMatvec,
      "sums rows after any reset": disturbed(checkMatvec, "matvec"),
    },
  },
  {
    module: "sterna_matvec",
    prefix: "matvec2",
    parameters: { BEAT: 8, ROWS: 8, LANES: 4, BASE3: 0 },
    fault: { from: "hold_done) pending", to: "hold_shift) pending" },
    checks: { "sums rows of 2-bit weights": checkMatvec2bit },
  },
  {
    module: "sterna_drain",
    prefix: "drain",
    parameters: { ROWS: 8, LANES: 4 },
    fault: { from: "rows_left > HERE", to: "rows_left >= HERE" },
    checks: {
      "scales, writes, streams and chooses": checkDrain,
      "scales after any reset": disturbed(checkDrain, "drain"),
    },
  },
  {
    module: "sterna_datapath",
    prefix: "datapath",
    parameters: DATAPATH_PARAMETERS,
    fault: {
      from: "codes_ready && matvec_ready && drain_ready",
      to: "codes_ready && matvec_ready",
    },
    checks: { "takes products while there is room": checkDatapath },
  },
]);
