import assert from "node:assert/strict";
import { judge } from "./judge.ts";
import { checkHeaders, checkSizes, lineCount, MAX_LINES } from "./sizes.ts";

const LONG = "let x = 1;\n".repeat(80);

judge(checkSizes, [
  [{ "src/ir/a.ts": "\n".repeat(MAX_LINES + 1) }, ["src/ir/a.ts: 601 lines"]],
  [{ "hdl/sterna_a.v": "\n".repeat(MAX_LINES) }, []],
  [{ "README.md": "\n".repeat(MAX_LINES + 1) }, []],
]);

judge(checkHeaders, [
  [{ "src/a.ts": LONG }, ["src/a.ts: does not open with a comment"]],
  [{ "src/a.ts": LONG.slice(11) }, []],
  [{ "src/a_test.ts": LONG }, []],
  [{ "src/a.ts": `/** Why. */\n${LONG}` }, []],
  [{ "src/a.ts": `import a from "./a.ts";\n\n/** Why. */\n${LONG}` }, []],
  [{ "src/a.ts": `import a from "./a.ts";\n${LONG}/** Late. */\n` }, [
    "src/a.ts: does not open with a comment",
  ]],
  [{ "wgsl/a.wgsl": "fn f() {}\n" }, [
    "wgsl/a.wgsl: does not open with a comment",
  ]],
  [{ "hdl/sterna_a.v": "// Why.\nmodule sterna_a;\nendmodule\n" }, []],
  [{ "hdl/sterna_a.v": "module sterna_a;\nendmodule\n" }, [
    "hdl/sterna_a.v: does not open with a comment",
  ]],
  [{ "tools/train/a.py": `"""Why."""\n${LONG}` }, []],
  [{ "tools/train/a.py": LONG }, [
    "tools/train/a.py: does not open with a comment",
  ]],
]);

Deno.test("lineCount() does not count the end of the last line", () => {
  assert.deepEqual(["", "a", "a\n", "a\nb"].map(lineCount), [0, 1, 1, 2]);
});
