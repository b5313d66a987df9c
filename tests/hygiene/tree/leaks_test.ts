import { judge } from "./judge.ts";
import { checkLeaks } from "./leaks.ts";

// Put together here, as this file is checked too.
const host = ["registry", "npmjs", "org"].join(".");
const home = ["", "home", "ann"].join("/");

judge(checkLeaks, [
  [{ "a.ts": `open("${home}/x")` }, [
    `a.ts: a machine path: ${home.slice(0, 7)}`,
  ]],
  [{ "a.md": `cd ${home}\n` }, [`a.md: a machine path: ${home.slice(0, 7)}`]],
  [{ "a.ts": `fetch("https://${host}/x")` }, [
    `a.ts: a registry host: ${host}`,
  ]],
  [{ "deno.lock": `https://${host}/x` }, []],
  [{ "a.ts": `src${home} and https://example.com${home}` }, []],
]);
