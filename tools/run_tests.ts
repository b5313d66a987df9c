/**
 * Runs every test of the repository: installs what they need, runs those that
 * may run side by side, then those under `tests/timing/` alone, since they
 * measure, and closes with one line of counts. A need that is still missing
 * makes the whole run fail, as tests that did not run prove nothing.
 *
 * Further arguments go to `deno test`, such as a file name or `--filter`.
 */
import { setUp } from "./setup.ts";
import { addCounts, closingLine, countRun, type Counts } from "./summary.ts";

/** Tests that measure time; they run one at a time with nothing beside them. */
const TIMING = "tests/timing";

/** More workers than this only fight for memory, however many cores there are. */
const MAX_JOBS = 8;

/** One seed for random tests: see there. */
const SEED = new URL("../tests/seed.ts", import.meta.url).href;

const OPTIONS = ["--allow-all", "--frozen", `--preload=${SEED}`];

/**
 * What Deno's WebGPU looks for adapters with: on Linux Vulkan alone. Left to itself
 * it also starts EGL and OpenGL, which no test uses and whose libraries free what
 * they keep of a thread both as it ends and as the process does. Deno lets go of its
 * test threads and exits, so the two may meet: a stopped process had one thread in
 * `free` under `__nptl_deallocate_tsd` ("double free or corruption") while the main
 * one ran the libraries' destructors. Of 16 files that only open a device, 5 of 35
 * runs said so or "corrupted size vs. prev_size in fastbins" after their last test,
 * none of 25 by Vulkan alone.
 */
const BACKENDS: Readonly<Record<string, string>> = Deno.build.os === "linux"
  ? { DENO_WEBGPU_BACKEND: "vulkan" }
  : {};

async function main(): Promise<number> {
  const missing = await setUp();
  // Mesa complains on every adapter without such a folder of its own.
  const runtime = await Deno.makeTempDir({ prefix: "sterna_runtime_" });
  const runs: Counts[] = [];
  try {
    if (Deno.args.length > 0) {
      runs.push(await runDeno([...OPTIONS, ...Deno.args], runtime));
    } else {
      const apart = [`--ignore=${TIMING}`, "--parallel", "--doc"];
      runs.push(await runDeno([...OPTIONS, ...apart], runtime));
      if (await isFolder(TIMING)) {
        runs.push(await runDeno([...OPTIONS, TIMING], runtime));
      }
    }
  } finally {
    await Deno.remove(runtime, { recursive: true });
  }
  const counts = addCounts(runs);
  if (missing.length > 0) {
    const names = missing.join(", ");
    console.error(`test: Cannot pass as these are missing: ${names}`);
  }
  console.log(closingLine(counts));
  return counts.failed > 0 || missing.length > 0 ? 1 : 0;
}

/**
 * Runs `deno test` with its output shown as it comes, and counts.
 *
 * @param args Its arguments.
 * @param runtime A private folder for the graphics driver.
 * @returns What the tests did.
 */
export async function runDeno(
  args: readonly string[],
  runtime: string,
): Promise<Counts> {
  const jobs = `${Math.min(navigator.hardwareConcurrency, MAX_JOBS)}`;
  const colour = Deno.stdout.isTerminal() && !Deno.noColor;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
    env: {
      XDG_RUNTIME_DIR: runtime,
      ...BACKENDS,
      DENO_JOBS: Deno.env.get("DENO_JOBS") ?? jobs,
      ...(colour ? { FORCE_COLOR: "1" } : {}),
    },
  }).spawn();
  const decoder = new TextDecoder();
  let output = "";
  for await (const chunk of child.stdout) {
    await Deno.stdout.write(chunk);
    output += decoder.decode(chunk, { stream: true });
  }
  const { success, signal } = await child.status;
  if (signal !== null) {
    console.error(
      `test: Cannot count this run as passed as its process must end by itself: ${signal}`,
    );
  }
  return countRun(output, success);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false;
  }
}

if (import.meta.main) Deno.exit(await main());
