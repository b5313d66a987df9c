// Runs this folder's model: deno run -A run.js [ids of a prompt] [ids to generate]
import { load } from "./loader.js";

const [prompt = "1", count = "16"] = Deno.args;
const adapter = await navigator.gpu?.requestAdapter();
if (!adapter) throw new Error("Cannot run as no WebGPU adapter was found");
const device = await adapter.requestDevice();
const next = await load(device, new URL("plan.json", import.meta.url));

let id = 0;
for (const given of prompt.split(",")) id = await next(Number(given));
for (let n = 1; n <= Number(count); n++) {
  console.log(id);
  if (n < Number(count)) id = await next(id);
}
device.destroy();
