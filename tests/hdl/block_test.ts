import { disturbed } from "./_disturb.ts";
import { testUnits } from "./_unit_bench.ts";
import {
  checkAxiWrite,
  checkEmbedding,
  checkLinear,
  checkLinearNarrow,
  checkLinearWide,
  checkMantissa,
  LINEAR_WORDS,
} from "./_units_block.ts";
import {
  ATTENTION_PARAMETERS,
  checkAttention,
  checkRope,
} from "./_units_heads.ts";
import {
  checkUnitProducts,
  checkUnitReset,
  checkWalks,
  WALKS_PARAMETERS,
} from "./_units_walks.ts";

const LINEAR = { BEAT: 16, MULTIPLIERS: 16, WORDS: LINEAR_WORDS };

testUnits("bench_block", [
  {
    module: "sterna_linear",
    prefix: "linear",
    parameters: LINEAR,
    fault: { from: "first[5] ? group_5", to: "first[4] ? group_5" },
    checks: {
      "multiplies with rows of every format": checkLinear,
      "gives the elements of a row of every format": checkEmbedding,
      "multiplies after any reset": disturbed(checkLinear, "linear"),
      "gives elements after any reset": disturbed(checkEmbedding, "linear"),
    },
  },
  {
    module: "sterna_linear",
    prefix: "narrow",
    parameters: { BEAT: 4, MULTIPLIERS: 8, WORDS: LINEAR_WORDS },
    fault: { from: "with_min ? field[31:16] : 16'd0", to: "field[31:16]" },
    checks: { "takes a group from several beats": checkLinearNarrow },
  },
  {
    module: "sterna_gear",
    within: "sterna_linear",
    prefix: "linear",
    parameters: LINEAR,
    fault: { from: "{rest[2:0], 4'd0}", to: "{level[2:0], 4'd0}" },
    checks: { "cuts beats into fields": checkLinear },
  },
  {
    module: "sterna_dot",
    within: "sterna_linear",
    prefix: "wide",
    parameters: { BEAT: 64, MULTIPLIERS: 16, WORDS: LINEAR_WORDS },
    fault: { from: "first[3] ? p_3", to: "first[2] ? p_3" },
    checks: { "sums groups of every size": checkLinearWide },
  },
  {
    module: "sterna_mantissa",
    prefix: "mantissa",
    fault: { from: ">> 1;", to: ">> 2;" },
    checks: { "rounds to 15 bits": checkMantissa },
  },
  {
    module: "sterna_axi_write",
    prefix: "write",
    parameters: { ADDR: 16, BEAT: 16 },
    fault: { from: "- {3'd0, answer}", to: "- {3'd0, accept}" },
    checks: {
      "writes beats and reports an error": checkAxiWrite,
      "writes after any reset": disturbed(checkAxiWrite, "write"),
    },
  },
  {
    module: "sterna_rope",
    prefix: "rope",
    fault: { from: "sum <= sum - moved", to: "sum <= sum + moved" },
    checks: {
      "turns pairs by position": checkRope,
      "turns pairs after any reset": disturbed(checkRope, "rope"),
    },
  },
  {
    module: "sterna_attention",
    prefix: "attention",
    parameters: ATTENTION_PARAMETERS,
    fault: {
      from: "largest - score_data",
      to: "score_data[31:0] - score_data",
    },
    checks: {
      "attends to what it has cached": checkAttention,
      "attends after any reset": disturbed(checkAttention, "attention"),
    },
  },
  {
    module: "sterna_block",
    prefix: "unit",
    parameters: WALKS_PARAMETERS,
    fault: {
      from: "at + 20'd1 >= count && (part_last || sub == SUB_RELU)",
      to: "at + 20'd1 >= count",
    },
    checks: {
      "walks over elements": checkWalks,
      "leaves products where they belong": checkUnitProducts,
      "ends a walk at a reset": checkUnitReset,
    },
  },
]);
