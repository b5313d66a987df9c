/**
 * Brings a machine to where every test can run. Each need is looked for by using
 * it, what is missing is installed in one go where that is allowed, and where it
 * is not, the one command that does it is printed. Run as a program, or called by
 * the test driver.
 */
import { parseArgs } from "node:util";
import { findInstaller, install, installCommand } from "./install.ts";
import { installTools } from "../sim/synthesis/mod.ts";
import { capture } from "./capture.ts";
import { type Need, NEEDS } from "./needs.ts";

const USAGE = `Usage: deno task setup [--check | --synthesis]

Installs what the tests need and is not here yet: as root, or with a sudo that
does not ask, through apt-get; otherwise it prints the command that does.

  --check      only report what is here and what is missing (status 1 if any is)
  --synthesis  install what "sterna synth" places and routes with instead: YoWASP
               builds of Yosys and nextpnr, in a Python environment in the cache`;

/** A need and what was found of it. */
interface Finding {
  readonly need: Need;
  readonly found: string | undefined;
}

/**
 * Installs what is missing, as far as that is allowed, and says so.
 *
 * @returns The names of the needs that are still missing.
 */
export async function setUp(): Promise<string[]> {
  const missing = missingOf(await look(NEEDS));
  if (missing.length === 0) return [];
  const packages = missing.map((need) => need.debian);
  const installer = await findInstaller();
  if (installer === undefined) {
    console.error(
      `setup: Cannot install ${
        namesOf(missing)
      } as that needs rights or apt-get.`,
    );
    console.error(`setup: Run this once: ${installCommand(packages)}`);
    return missing.map((need) => need.name);
  }
  console.error(`setup: installing ${packages.join(", ")} (some minutes)`);
  await install(packages, installer);
  const still = missingOf(await look(missing));
  if (still.length > 0) {
    const rest = installCommand(still.map((need) => need.debian));
    console.error(`setup: Cannot find ${namesOf(still)} after installing`);
    console.error(`setup: Run this to see why: ${rest}`);
  } else {
    console.error("setup: done");
  }
  return still.map((need) => need.name);
}

/**
 * Looks for each need.
 *
 * @param needs What to look for.
 * @returns The needs in the same order, with what was found.
 */
async function look(needs: readonly Need[]): Promise<Finding[]> {
  return await Promise.all(
    needs.map(async (need) => ({ need, found: await need.find() })),
  );
}

function missingOf(findings: readonly Finding[]): Need[] {
  return findings.filter(({ found }) => found === undefined)
    .map(({ need }) => need);
}

function namesOf(needs: readonly Need[]): string {
  return needs.map((need) => need.name).join(", ");
}

/** Prints a line for each need; the status is 1 if any is missing. */
async function report(): Promise<number> {
  const findings = await look(NEEDS);
  for (const { need, found } of findings) {
    const verdict = found ?? `missing (package ${need.debian}: ${need.use})`;
    console.log(`${need.name.padEnd(26)}  ${verdict}`);
  }
  const missing = missingOf(findings);
  if (missing.length === 0) return 0;
  console.log(installCommand(missing.map((need) => need.debian)));
  return 1;
}

/**
 * Installs the tools of `sterna synth`. Python's environments are a package of their own
 * on Debian, so that comes first where it is missing.
 */
async function setUpSynthesis(): Promise<number> {
  const python = await capture("python3", ["-c", "import ensurepip, venv"]);
  const installer = await findInstaller();
  if (python === undefined && installer !== undefined) {
    await install(["python3-venv"], installer);
  } else if (python === undefined) {
    console.error(`setup: Run this once: ${installCommand(["python3-venv"])}`);
    return 1;
  }
  const folder = await installTools((line) => console.error(`setup: ${line}`));
  console.error(`setup: the synthesis tools are in ${folder}`);
  return 0;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      check: { type: "boolean" },
      synthesis: { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (values.check) return await report();
  if (values.synthesis) return await setUpSynthesis();
  const missing = await setUp();
  if (missing.length > 0) return 1;
  console.error("setup: everything that the tests need is here");
  return 0;
}

if (import.meta.main) Deno.exit(await main());
