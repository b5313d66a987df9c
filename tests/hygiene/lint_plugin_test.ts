import assert from "node:assert/strict";
import { ROOT } from "./layers.ts";
import plugin from "./lint_plugin.ts";

/** File, source, and the rules that must report on it, one a report. */
type Row = readonly [file: string, source: string, rules: readonly string[]];

const IMPORTS: readonly Row[] = [
  ["src/ir/a.ts", 'import "../wgsl/mod.ts";', ["import-direction"]],
  ["src/ir/a.ts", 'await import("../wgsl/mod.ts");', ["import-direction"]],
  ["src/ir/a.ts", 'import "../../wgsl/a.wgsl";', []],
  ["src/ir/a.ts", 'import "./b.ts";', []],
  ["src/ir/a.ts", 'import "fast-check";', []],
  ["src/ir/a.ts", 'export { x } from "../base/mod.ts";', []],
  ["src/ir/text/a.ts", 'import "../../base/mod.ts";', []],
  ["src/ir/text/a.ts", 'import "../../base/x.ts";', ["import-direction"]],
  ["src/ir/text/a.ts", 'import "../_print.ts";', ["import-direction"]],
  ["src/ir/text/a.ts", 'import "./_print.ts";', []],
  ["src/wgsl/a.ts", 'import "../ir/mod.ts";', []],
  ["src/wgsl/a.ts", 'import "../ir/graph.ts";', ["import-direction"]],
  ["src/wgsl/a.ts", 'export * from "../verilog/mod.ts";', ["import-direction"]],
  ["src/base/a.ts", 'import "../ir/mod.ts";', ["import-direction"]],
  ["src/format/a.ts", 'import "../reference/mod.ts";', ["import-direction"]],
  ["src/wgsl/a.ts", 'import "../compile/mod.ts";', ["import-direction"]],
  ["src/runtime/a.ts", 'import "../compile/mod.ts";', []],
  ["src/runtime/a.ts", 'import "../importers/mod.ts";', ["import-direction"]],
  ["src/runtime/a.ts", 'import "../../sim/mod.ts";', ["import-direction"]],
  ["src/cli/a.ts", 'import "../../sim/mod.ts";', []],
  ["src/cli/a.ts", 'import "../../sim/build.ts";', ["import-direction"]],
  ["sim/a.ts", 'import "../src/verilog/mod.ts";', []],
  ["sim/a.ts", 'import "../src/cli/mod.ts";', ["import-direction"]],
  ["src/new/a.ts", 'import "../base/mod.ts";', ["import-direction"]],
  ["src/ir/a.ts", 'import "../../tests/x.ts";', ["import-direction"]],
  ["src/ir/a_test.ts", 'import "../../tests/x.ts";', []],
  ["src/ir/a_test.ts", 'import "../reference/mod.ts";', []],
  ["src/ir/a_test.ts", 'import "../reference/x.ts";', ["import-direction"]],
  ["mod.ts", 'export * from "./src/runtime/mod.ts";', []],
  ["mod.ts", 'export * from "./src/runtime/x.ts";', ["import-direction"]],
  ["tests/a.ts", 'import "../src/ir/graph.ts";', []],
];

const ERRORS: readonly Row[] = [
  ["src/ir/a.ts", 'new RangeError("bad.");', [
    "error-message",
    "error-message",
  ]],
  ["src/ir/a.ts", 'new Error("Cannot read as it can\'t");', ["error-message"]],
  ["src/ir/a.ts", 'new TypeError("Invalid input");', ["error-message"]],
  ["src/ir/a.ts", 'new TypeError("Expected a name");', ["error-message"]],
  ["tests/a.ts", 'new TypeError("Expected a name");', []],
  ["src/ir/a.ts", "new TypeError(message);", []],
  ["src/ir/a.ts", "new TypeError(`${act} x`);", []],
  ["src/ir/a.ts", "new RangeError(`Cannot read ${x}: it is short`);", []],
  ["src/ir/a.ts", 'new OpError("matmul", x);', []],
  ["src/ir/a.ts", 'new OpError("no such op");', ["error-message"]],
  [
    "src/ir/a.ts",
    'class OpError extends Error { constructor() { super("no"); } }',
    ["error-message"],
  ],
  ["src/ir/a.ts", "new Map();", []],
];

const PLATFORM: readonly Row[] = [
  ["src/ir/a.ts", 'Deno.readFile("x");', ["platform"]],
  ["src/ir/a.ts", "let f: Deno.FsFile;", ["platform"]],
  ["src/ir/a.ts", "const { env } = Deno;", ["platform"]],
  ["src/ir/a.ts", "console.log(1);", ["platform"]],
  ["src/ir/a.ts", "globalThis.console.log(1);", ["platform"]],
  ["src/ir/a.ts", "process.env.HOME;", ["platform"]],
  ["src/ir/a.ts", 'import "node:fs";', ["platform"]],
  ["src/ir/a.ts", 'await import("node:fs");', ["platform"]],
  ["src/ir/a.ts", "job.console; const o = { process: 1 };", []],
  ["src/ir/a.ts", "function process() {} process();", []],
  ["src/ir/a_test.ts", "console.log(1);", []],
  ["src/cli/a.ts", "console.log(Deno.args);", []],
  ["sim/a.ts", "Deno.args;", []],
];

const FORM: readonly Row[] = [
  ["mod.ts", "const f = () => 1;", ["top-level-function"]],
  ["mod.ts", "export const f = () => 1;", ["top-level-function"]],
  ["mod.ts", "export const f = [].map(() => 1);", []],
  ["mod.ts", "function f() { const g = () => 1; }", []],
  ["mod.ts", "class A { private x = 1; }", ["private-field"]],
  ["mod.ts", "class A { private x() {} }", ["private-field"]],
  ["mod.ts", "class A { constructor(private x: A) {} }", ["private-field"]],
  ["mod.ts", "class A { #x = 1; protected y = 2; }", []],
  ["a_test.ts", 'Deno.test("parse", f);', ["test-name"]],
  ["a_test.ts", 'Deno.test("parse() reads x", f);', []],
];

Deno.test.each(
  [...IMPORTS, ...ERRORS, ...PLATFORM, ...FORM] as [
    string,
    string,
    readonly string[],
  ][],
)("house rules judge %s: %s", (file, source, rules) => {
  const found = Deno.lint.runPlugin(plugin, ROOT + file, source);
  assert.deepEqual(
    found.map((report) => report.id),
    rules.map((rule) => `house/${rule}`),
  );
});
