import { testUnits } from "./_unit_bench.ts";
import {
  BATCH_PARAMETERS,
  checkRows,
  checkScalarBatch,
  checkSlices,
  checkTurns,
} from "./_units_batch.ts";
import {
  checkSlicePasses,
  checkTurnStarts,
  SLICES_PARAMETERS,
} from "./_units_slices.ts";

testUnits("bench_batch", [
  {
    module: "sterna_scalar",
    prefix: "scalars",
    parameters: BATCH_PARAMETERS.scalar,
    fault: {
      from: "wire run = nonzeros != {BATCH{1'b0}}",
      to: "wire run = nonzeros[0]",
    },
    checks: { "works out roots of all slices in step": checkScalarBatch },
  },
  {
    module: "sterna_scalar_lane",
    within: "sterna_scalar",
    prefix: "scalars",
    parameters: BATCH_PARAMETERS.scalar,
    fault: { from: "SHARED != 0 && m_a == 16'd0", to: "1'b0" },
    checks: { "has nothing from a root of zero": checkScalarBatch },
  },
  {
    module: "sterna_sequence",
    prefix: "turns",
    parameters: BATCH_PARAMETERS.sequence,
    fault: { from: "word[15:14] == 2'd2 || word[31]", to: "word[31]" },
    checks: { "issues passes with a state in turns": checkTurns },
  },
  {
    module: "sterna_load",
    prefix: "rows",
    parameters: BATCH_PARAMETERS.load,
    fault: {
      from: "localparam [1:0] PLACE = 2'd3",
      to: "localparam [1:0] PLACE = 2'd1",
    },
    checks: { "gives each slice its row": checkRows },
  },
  {
    module: "sterna_host",
    prefix: "slices",
    parameters: BATCH_PARAMETERS.host,
    fault: { from: "!part[b] || own < vocabulary", to: "own < vocabulary" },
    checks: { "keeps what each slice has": checkSlices },
  },
  {
    module: "sterna_vector",
    prefix: "passes",
    parameters: SLICES_PARAMETERS,
    fault: {
      from: "turns_15 ? home == HERE",
      to: "turns_15 ? turn_15 == HERE",
    },
    checks: {
      "runs passes of slices, in turns or not": checkSlicePasses,
      "starts turns as early as they may": checkTurnStarts,
    },
  },
  {
    module: "sterna_vector_slice",
    within: "sterna_vector",
    prefix: "passes",
    parameters: SLICES_PARAMETERS,
    fault: { from: "SHARED != 0 && in_turns_15", to: "1'b0" },
    checks: { "writes what the slice of the turn has": checkSlicePasses },
  },
]);
