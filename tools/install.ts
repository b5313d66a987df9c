import { capture } from "./capture.ts";

/** A way to install Debian packages here. */
export interface Installer {
  /** Words that come before `apt-get`: none as root, else `sudo -n`. */
  readonly prefix: readonly string[];
}

/** How long to wait for somebody else's package manager to finish, in seconds. */
const LOCK_TIMEOUT = 300;

/** Finds out whether packages can be installed without asking anybody. */
export async function findInstaller(): Promise<Installer | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  if (await capture("apt-get", ["--version"]) === undefined) return undefined;
  if (Deno.uid() === 0) return { prefix: [] };
  const sudo = await capture("sudo", ["-n", "true"]);
  return sudo === undefined ? undefined : { prefix: ["sudo", "-n"] };
}

/**
 * The one command that installs packages, for people to run themselves.
 *
 * @param packages Names of Debian packages.
 * @returns A line for a shell.
 */
export function installCommand(packages: readonly string[]): string {
  const install = `apt-get install -y ${packages.join(" ")}`;
  return `sudo sh -c "apt-get update && ${install}"`;
}

/**
 * Installs packages. Everything that is printed goes to standard error.
 *
 * @param packages Names of Debian packages.
 * @param installer How to get the rights.
 * @returns Whether all went well.
 */
export async function install(
  packages: readonly string[],
  installer: Installer,
): Promise<boolean> {
  const quiet = ["-qq", "-o", `DPkg::Lock::Timeout=${LOCK_TIMEOUT}`];
  // A failed update is no reason to stop: the lists may be good enough.
  await aptGet([...quiet, "update"], installer);
  const options = ["--yes", "--no-install-recommends"];
  return await aptGet(
    [...quiet, "install", ...options, ...packages],
    installer,
  );
}

async function aptGet(
  args: readonly string[],
  { prefix }: Installer,
): Promise<boolean> {
  const words = [...prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
  const [program = "env", ...rest] = [...words, ...args];
  // The output of dpkg goes to standard error, as standard output is for results.
  const child = new Deno.Command(program, {
    args: rest,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  for await (const chunk of child.stdout) await Deno.stderr.write(chunk);
  return (await child.status).success;
}
