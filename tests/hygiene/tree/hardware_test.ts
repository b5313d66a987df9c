import {
  checkHardwareText,
  checkModuleNames,
  checkTemplateMarks,
} from "./hardware.ts";
import { judge } from "./judge.ts";

const WIDE = `// ${"µ".repeat(98)}\n`;

judge(checkHardwareText, [
  [{ "wgsl/a.wgsl": "// a\n\tlet x;\n" }, ["wgsl/a.wgsl:2: a tab"]],
  [{ "hdl/sterna_a.v": "// a \r\n" }, ["hdl/sterna_a.v:1: space at the end"]],
  [{ "hdl/sterna_a.v": "// a" }, [
    "hdl/sterna_a.v: does not end with one newline",
  ]],
  [{ "hdl/sterna_a.v": "// a\n\n" }, [
    "hdl/sterna_a.v: does not end with one newline",
  ]],
  [{ "wgsl/a.wgsl": WIDE }, ["wgsl/a.wgsl:1: 101 columns"]],
  [{ "wgsl/a.wgsl": WIDE.replace("µ", "") }, []],
]);

judge(checkModuleNames, [
  [{ "hdl/sterna_a.v": "module sterna_b;\n" }, [
    "hdl/sterna_a.v: has module sterna_b",
  ]],
  [{ "hdl/sterna_a.v": "module sterna_a;\nmodule sterna_b;\n" }, [
    "hdl/sterna_a.v: has module sterna_a, sterna_b",
  ]],
  [{ "hdl/sterna_a.v": "// module sterna_a;\n" }, [
    "hdl/sterna_a.v: has module none",
  ]],
  [{ "hdl/sterna_a.v": "// module x\nmodule sterna_a #(\n" }, []],
  [{ "tests/golden/top.v": "" }, []],
]);

judge(checkTemplateMarks, [
  [{ "wgsl/a.wgsl": "let x = {{ size }};\n" }, [
    "wgsl/a.wgsl: has template mark {{",
  ]],
  [{ "hdl/sterna_a.v": "wire [${width}:0] x;\n" }, [
    "hdl/sterna_a.v: has template mark ${",
  ]],
  [{ "hdl/sterna_a.v": "assign x = {{4{s}}, y};\n" }, []],
  [{ "wgsl/a.wgsl": "// {{ in a comment }}\n" }, []],
]);
