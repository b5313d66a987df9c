import { judge } from "./judge.ts";
import { checkNames } from "./names.ts";

judge(checkNames, [
  [{ "src/ir/OpTable.ts": "" }, ["src/ir/OpTable.ts: not snake_case"]],
  [{ "src/ir/op-table.ts": "" }, ["src/ir/op-table.ts: not snake_case"]],
  [{ "src/ir/index.ts": "" }, ["src/ir/index.ts: call it mod.ts"]],
  [{ "hdl/mac.v": "" }, ["hdl/mac.v: not hdl/sterna_*.v"]],
  [{ "sim/top.sv": "" }, ["sim/top.sv: write plain .v"]],
  [{
    "src/ir/_op_table_test.ts": "",
    "hdl/sterna_mac.v": "",
    "src/reference/ARITHMETIC.md": "",
    "src/base/f16.ts": "",
    "README.md": "",
  }, []],
]);
