import { checkCycles } from "./cycles.ts";
import { judge } from "./judge.ts";

judge(checkCycles, [
  [{
    "src/a/x.ts": 'import { y } from "../b/y.ts";',
    "src/b/y.ts": 'import {\n  z,\n} from "./z.ts";',
    "src/b/z.ts": 'export * from "../a/x.ts";',
  }, ["src/a/x.ts -> src/b/y.ts -> src/b/z.ts -> src/a/x.ts"]],
  [{ "a.ts": 'import "./a.ts";' }, ["a.ts -> a.ts"]],
  [{
    "a.ts": 'import type { B } from "./b.ts";',
    "b.ts": 'import { a } from "./a.ts";',
  }, []],
  [{
    "a.ts": 'import "./b.ts";\nimport "./c.ts";',
    "b.ts": 'import "./c.ts";',
    "c.ts": 'import k from "./k.wgsl" with { type: "text" };',
  }, []],
]);
