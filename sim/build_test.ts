/**
 * What `build` caches, refuses and chooses. Texts that must not be in the cache carry a random
 * comment.
 */
import assert from "node:assert/strict";
import { buildFixture } from "./_fixtures.ts";
import { build } from "./build.ts";

const INVERTER =
  "module inverter(input wire a, output wire y); assign y = !a; endmodule\n";

Deno.test("build() runs no tool for a design that it built before", async () => {
  // A text that nobody built yet: a comment is part of the key.
  const sources = [{
    name: "inverter.v",
    text: `// ${crypto.randomUUID()}\n${INVERTER}`,
  }];
  const steps: string[] = [];
  const options = {
    top: "inverter",
    sources,
    onProgress: (step: string) => void steps.push(step),
  };
  const first = await build(options);
  assert.equal(first.cached, false);
  assert.ok(steps.some((step) => step.startsWith("compiling")), steps.join());
  steps.length = 0;
  const second = await build(options);
  assert.equal(second.cached, true);
  assert.deepEqual(steps, []);
  assert.equal(second.artifact, first.artifact);
  await using dut = await second.start();
  dut.port("a").set(0);
  assert.equal(dut.port("y").get(), 1);
});

Deno.test("build() builds again when text, parameter or feature change", async () => {
  const reader = await buildFixture("axi_reader");
  const wide = await buildFixture("axi_reader", {
    parameters: { DATA_WIDTH: 512 },
  });
  assert.notEqual(wide.artifact, reader.artifact);
  assert.equal(
    reader.ports.find(({ name }) => name === "m_axi_rdata")?.width,
    64,
  );
  assert.equal(
    wide.ports.find(({ name }) => name === "m_axi_rdata")?.width,
    512,
  );
});

Deno.test("build() lets parallel calls share one build", async () => {
  const sources = [{
    name: "inverter.v",
    text: `// ${crypto.randomUUID()}\n${INVERTER}`,
  }];
  const steps: string[] = [];
  const onProgress = (step: string) => void steps.push(step);
  const both = await Promise.all(
    [0, 1].map(() => build({ top: "inverter", sources, onProgress })),
  );
  assert.equal(both[0]?.artifact, both[1]?.artifact);
  assert.equal(steps.filter((step) => step.startsWith("compiling")).length, 1);
});

Deno.test("build() names a parameter that the design does not have", async () => {
  await assert.rejects(
    buildFixture("axi_reader", { parameters: { DATA_WIDHT: 64 } }),
    /^Error: Cannot verilate "axi_reader" as "verilator\S*" must accept it: status 1\n.*DATA_WIDHT/,
  );
});

Deno.test("build() shows the first lines of a syntax error", async () => {
  const sources = [{
    name: "broken.v",
    text: "module broken(input wire a);\nassign a =;\nendmodule\n",
  }];
  await assert.rejects(
    build({ top: "broken", sources }),
    /Cannot verilate "broken" as .*\n.*broken\.v:2.*syntax error/,
  );
});

Deno.test("build() refuses ports that it cannot drive", async () => {
  const text =
    "module bus(inout wire a, input wire b); assign a = b ? 1'b1 : 1'bz; endmodule\n";
  await assert.rejects(
    build({ top: "bus", sources: [{ name: "bus.v", text }] }),
    {
      name: "SyntaxError",
      message: /must be an input or output that is one packed vector/,
    },
  );
});

Deno.test("build() keeps Verilator's warnings", async () => {
  const text =
    "module cut(input wire [3:0] a, output wire [1:0] y); assign y = a; endmodule\n";
  const design = await build({
    top: "cut",
    sources: [{ name: "cut.v", text }],
  });
  assert.match(design.manifest.warnings, /%Warning-WIDTH/);
});

Deno.test("build() takes a child process where FFI is not granted", async () => {
  const design = await buildFixture("port_widths", { mode: "ffi" });
  const script = new URL("./testdata/print_mode.ts", import.meta.url);
  const run = async (...permissions: string[]): Promise<string> => {
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...[
          "run",
          "--no-prompt",
          "--allow-read",
          "--allow-write",
          "--allow-env",
        ],
        ...["--allow-run", ...permissions, script.pathname],
      ],
    }).output();
    return new TextDecoder().decode(stdout) || new TextDecoder().decode(stderr);
  };
  assert.equal(await run(), "process 30\n");
  assert.equal(await run(`--allow-ffi=${design.artifact}`), "ffi 30\n");
});
