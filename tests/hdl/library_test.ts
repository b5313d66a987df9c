/**
 * What every module of the library must stand by itself: three tools accept it without a word, it
 * has no latch, and its memories are block RAM.
 */
import assert from "node:assert/strict";
import { elaborate, lint, type SourceText, synthesize } from "../../sim/mod.ts";
import { HDL, readModules } from "./_bench.ts";

/** Switches that must lint clean beside the defaults: both ways of a choice, ends of a range. */
const VARIANTS: readonly (readonly [string, Record<string, number>])[] = [
  ["sterna_ram", { OLD_DATA: 0, WIDTH: 1, DEPTH: 2 }],
  ["sterna_ram", { WIDTH: 512, DEPTH: 1000 }],
  ["sterna_fifo", { WIDTH: 1024, DEPTH: 2 }],
  ["sterna_skid", { WIDTH: 1 }],
  ["sterna_pe", { BASE3: 0, BATCH: 4 }],
  ["sterna_pe", { ACC: 12 }],
  ["sterna_mul_shift", { SATURATE: 1 }],
  ["sterna_shift_round", { SATURATE: 0 }],
  ["sterna_divide", { QUOT: 17 }],
  ["sterna_divide", { NUM: 16, DEN: 1, QUOT: 16 }],
  ["sterna_argmax", { LANES: 1, INDEX: 16 }],
  ["sterna_argmax", { LANES: 3 }],
  ["sterna_axi_read", { DATA: 32, BURST: 256, ADDR: 64 }],
  ["sterna_axi_read", { DATA: 1024, BURST: 32, OUTSTANDING: 2 }],
  ["sterna_axil", { ADDR: 3 }],
  ["sterna_gear", { BEAT: 4 }],
  ["sterna_gear", { BEAT: 128 }],
  ["sterna_dot", { COUNT: 8 }],
  ["sterna_linear", { BEAT: 4, MULTIPLIERS: 8 }],
  ["sterna_linear", { BEAT: 64 }],
  ["sterna_attention", { BEAT: 4, CONTEXT: 16 }],
  ["sterna_attention", { BEAT: 64, CONTEXT: 32_768 }],
  ["sterna_block", { BEAT: 64, LANES: 16, MULTIPLIERS: 8 }],
  ["sterna_scalar", { BLOCKS: 1 }],
  ["sterna_core", { MULTIPLIERS: 16 }],
  ["sterna_core", { BATCH: 2, BEAT: 4, ROWS: 4, LANES: 2 }],
  ["sterna_core", { BATCH: 8, BEAT: 64, ROWS: 64, LANES: 8 }],
  ["sterna_core", { MULTIPLIERS: 8, BEAT: 64, ROWS: 64, LANES: 16 }],
];

const MODULES = [...Deno.readDirSync(HDL)]
  .filter(({ name }) => name.endsWith(".v"))
  .map(({ name }) => name.slice(0, -2))
  .sort();

/** The texts of all modules, for one run of Yosys over them. */
async function readLibrary(): Promise<SourceText[]> {
  return await Promise.all(MODULES.map(async (module) => ({
    name: `${module}.v`,
    text: await Deno.readTextFile(new URL(`${module}.v`, HDL)),
  })));
}

/** Runs Yosys over the library and gives what it printed, "" when it is content. */
async function checkWithYosys(sources: readonly SourceText[]): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    for (const { name, text } of sources) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    const names = sources.map(({ name }) => name);
    const script = [
      `read_verilog ${names.join(" ")}`,
      "design -save library",
      ...names.flatMap((name) => [
        "design -load library",
        `hierarchy -check -top ${name.slice(0, -2)}`,
        "proc; opt_clean",
        "check -assert",
        "select -assert-none t:$dlatch t:$adlatch t:$dlatchsr",
      ]),
    ];
    await Deno.writeTextFile(`${folder}/run.ys`, script.join("\n") + "\n");
    const command = new Deno.Command("yosys", {
      args: ["-q", "-s", "run.ys"],
      cwd: folder,
    });
    const { success, stdout, stderr } = await command.output();
    const text = new TextDecoder().decode(stdout) +
      new TextDecoder().decode(stderr);
    return success ? "" : text.trim();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("every module lints alone without a warning", async (t) => {
  const all = MODULES.map((module) => [module, {}] as const);
  for (const [top, parameters] of [...all, ...VARIANTS]) {
    await t.step(`${top} ${JSON.stringify(parameters)}`, async () => {
      await lint({ top, parameters, sources: await readModules(top) });
    });
  }
});

Deno.test("every module elaborates alone in Icarus as Verilog-2005", async (t) => {
  for (const top of MODULES) {
    await t.step(top, async () => {
      await elaborate({ top, sources: await readModules(top) });
    });
  }
});

Deno.test("every module passes the checks of Yosys and has no latch", async () => {
  assert.equal(await checkWithYosys(await readLibrary()), "");
});

Deno.test("the check of Yosys sees a latch and a wire that nothing drives", async () => {
  const broken = {
    latch: "always @* if (a) y = b;",
    undriven: "wire c; always @* y = a & c;",
  };
  for (const [name, body] of Object.entries(broken)) {
    const text =
      `module ${name}(input wire a, input wire b, output reg y); ${body} endmodule\n`;
    assert.match(await checkWithYosys([{ name: `${name}.v`, text }]), /ERROR/);
  }
});

Deno.test("sterna_ram becomes block RAM and nothing else", async (t) => {
  const sources = await readModules("sterna_ram");
  for (const family of ["ice40", "ecp5", "xcup"] as const) {
    await t.step(family, async () => {
      const { blockRams, cells, latches, memories } = await synthesize({
        top: "sterna_ram",
        sources,
        parameters: { WIDTH: 32, DEPTH: 1024, OLD_DATA: 0 },
        family,
      });
      assert.ok(blockRams > 0, JSON.stringify(cells));
      assert.equal(latches, 0);
      assert.deepEqual(memories, { count: 1, bits: 32 * 1024 });
      const others = Object.entries(cells).filter(([type]) =>
        !/^(?:SB_RAM40|DP16KD|RAMB|IBUF|OBUF|BUFG)/.test(type)
      );
      assert.deepEqual(others, []);
    });
  }
});

Deno.test("sterna_fifo and sterna_sigma keep their words in block RAM", async (t) => {
  const parameters = {
    sterna_fifo: { WIDTH: 64, DEPTH: 512 },
    sterna_sigma: {},
  };
  for (const [top, values] of Object.entries(parameters)) {
    await t.step(top, async () => {
      const { blockRams, cells } = await synthesize({
        top,
        sources: await readModules(top),
        parameters: values,
        family: "ecp5",
      });
      assert.ok(blockRams > 0, JSON.stringify(cells));
      assert.equal(cells["TRELLIS_DPR16X4"], undefined);
    });
  }
});
