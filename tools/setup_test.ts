import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { installCommand } from "./install.ts";

/** Runs the set-up where no program is found, so that it cannot install any. */
async function setUpWithoutPath(
  args: readonly string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  const script = fileURLToPath(new URL("./setup.ts", import.meta.url));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--quiet", script, ...args],
    env: { PATH: "/nowhere" },
  }).output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

Deno.test("setup --check reports what is missing and fails", async () => {
  const { code, stdout } = await setUpWithoutPath(["--check"]);
  assert.equal(code, 1);
  assert.match(stdout, /^Yosys +missing \(package yosys: /m);
  assert.match(
    stdout,
    /apt-get install -y .*verilator iverilog yosys z3 g\+\+/,
  );
});

Deno.test("setup prints the one command where it cannot install", async () => {
  const { code, stdout, stderr } = await setUpWithoutPath([]);
  assert.equal(code, 1);
  assert.equal(stdout, "");
  assert.match(stderr, /^setup: Cannot install .*Yosys, Z3, a C\+\+ compiler/m);
  assert.match(stderr, /^setup: Run this once: sudo sh -c "apt-get update /m);
});

Deno.test("installCommand() updates the lists first", () => {
  assert.equal(
    installCommand(["yosys", "z3"]),
    'sudo sh -c "apt-get update && apt-get install -y yosys z3"',
  );
});
