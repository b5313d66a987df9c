import { checkConfig } from "./config.ts";
import { judge } from "./judge.ts";

const described = { description: "x" };
const tasks = {
  bench: described,
  demo: described,
  ok: described,
  setup: described,
  sterna: described,
  test: described,
};

judge(checkConfig, [
  [{}, ["deno.json: missing"]],
  [{
    "deno.json": JSON.stringify({
      tasks,
      imports: { a: "npm:a@^1.0.0", b: "npm:@b/b@1.0.0", c: "./c.ts" },
    }),
  }, ["deno.json: import a is not pinned: npm:a@^1.0.0"]],
  [{
    "deno.json": JSON.stringify({ tasks: { ...tasks, ok: "deno check" } }),
  }, ["deno.json: task ok has no description"]],
]);
