import assert from "node:assert/strict";
import { buildFixture } from "./_fixtures.ts";
import { parseCoverage } from "./coverage.ts";

Deno.test("parseCoverage() counts the lines that a run reached", async () => {
  const design = await buildFixture("axi_lite_registers");
  const folder = await Deno.makeTempDir();
  const run = async (
    name: string,
    address: number | undefined,
  ): Promise<string> => {
    await using dut = await design.start();
    const registers = dut.axiLite("s_axil_");
    dut.reset();
    if (address !== undefined) registers.write(address, 1);
    dut.writeCoverage(`${folder}/${name}`);
    return await Deno.readTextFile(`${folder}/${name}`);
  };
  try {
    const idle = parseCoverage(await run("idle.dat", undefined));
    const text = await run("written.dat", 4);
    const written = parseCoverage(text);
    assert.ok(idle.lines.total > 10);
    assert.equal(written.lines.total, idle.lines.total);
    assert.ok(written.lines.hit > idle.lines.hit);
    assert.ok(written.lines.hit < written.lines.total, "no read ran");
    assert.ok(written.points.hit < written.points.total);
    const [[file, ofFile] = ["", undefined]] = [...written.files];
    const missed = ofFile?.missed ?? [];
    assert.match(file, /axi_lite_registers\.v$/);
    assert.equal(missed.length, written.lines.total - written.lines.hit);
    const verilog = (await Deno.readTextFile(file)).split("\n");
    assert.ok(
      missed.some((line) =>
        verilog[line - 1]?.includes("s_axil_rvalid <= 1'b1")
      ),
    );
    assert.ok(
      !missed.some((line) =>
        verilog[line - 1]?.includes("s_axil_bvalid <= 1'b1")
      ),
    );
    const merged = parseCoverage(
      await Deno.readTextFile(`${folder}/idle.dat`),
      text,
    );
    assert.deepEqual(merged, written);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("parseCoverage() refuses other texts", () => {
  assert.throws(() => parseCoverage("hello"), {
    name: "SyntaxError",
    message:
      'Cannot read coverage as it must begin with "# SystemC::Coverage-3": hello',
  });
});
