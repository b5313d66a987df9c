import type { TreeFile } from "./files.ts";

/** What of `deno.json` the rule looks at. */
interface Config {
  imports?: Record<string, string>;
  tasks?: Record<string, { description?: string } | string>;
}

/** Tasks that users are told about. */
const TASKS = ["bench", "demo", "ok", "setup", "sterna", "test"];

/** Dependencies come from npm at exact versions, and every task says what it does. */
export function checkConfig(files: readonly TreeFile[]): string[] {
  const file = files.find((candidate) => candidate.path === "deno.json");
  if (file === undefined) return ["deno.json: missing"];
  const config = JSON.parse(file.text) as Config;
  const problems: string[] = [];
  for (const [name, target] of Object.entries(config.imports ?? {})) {
    if (target.startsWith("./")) continue;
    if (!/^npm:(?:@[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+$/.test(target)) {
      problems.push(`deno.json: import ${name} is not pinned: ${target}`);
    }
  }
  for (const name of TASKS) {
    const task = config.tasks?.[name];
    if (typeof task !== "object" || !task.description) {
      problems.push(`deno.json: task ${name} has no description`);
    }
  }
  return problems;
}
