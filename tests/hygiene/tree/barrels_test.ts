import { checkBarrels } from "./barrels.ts";
import { judge } from "./judge.ts";

judge(checkBarrels, [
  [{ "src/ir/mod.ts": 'export * from "./a.ts";\nexport const x = 1;\n' }, [
    "src/ir/mod.ts: more than re-exports: export const x = 1;",
  ]],
  [{ "mod.ts": 'import { a } from "./a.ts";\nexport { a };\n' }, [
    'mod.ts: more than re-exports: import { a } from "./a.ts";',
  ]],
  [{
    "sim/mod.ts": `/** What. @module */
      // Why.
      export * from "./a.ts";
      export * as b from "./b.ts";
      export { c, type D } from "./c.ts";
      export type { E } from "./e.ts";
    `,
  }, []],
]);
