// Run by a test with chosen permissions: prints how the design runs and a value out of it.
import { build } from "../mod.ts";

const source = new URL("./port_widths.v", import.meta.url);
const design = await build({
  top: "port_widths",
  sources: [source],
  trace: true,
  coverage: true,
});
await using dut = await design.start();
dut.port("narrow").set(1);
console.log(design.mode, dut.port("narrow_not").get());
