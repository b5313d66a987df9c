/**
 * Folders named by the hash of what is in them.
 *
 * A folder is filled under a temporary name and renamed, so a reader sees it whole or not at all.
 */

/**
 * Names the folder that keeps builds where the caller names none.
 *
 * @returns `$STERNA_CACHE`, else `sterna` in the user's cache folder.
 */
export function defaultCacheDir(): string {
  const get = (name: string): string | undefined => {
    const granted = Deno.permissions.querySync({ name: "env", variable: name });
    return granted.state === "granted"
      ? Deno.env.get(name) || undefined
      : undefined;
  };
  const home = get("HOME");
  const base = get("XDG_CACHE_HOME") ??
    (home === undefined ? "/tmp" : `${home}/.cache`);
  return get("STERNA_CACHE") ?? `${base}/sterna`;
}

/**
 * Hashes a list of texts.
 *
 * @param parts Texts; their lengths take part, so that moving a character between two changes it.
 * @returns 32 hexadecimal digits.
 */
export async function hashTexts(parts: readonly string[]): Promise<string> {
  const framed = parts.map((part) => `${part.length}:${part}`).join("");
  const digest = await crypto.subtle.digest(
    "SHA-256",
    new TextEncoder().encode(framed),
  );
  return new Uint8Array(digest).toHex().slice(0, 32);
}

/**
 * Looks for a file or folder.
 *
 * @param path Its path.
 * @returns Whether it is there.
 */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Returns a cached folder, filling it first where it is absent.
 *
 * @param path Where it belongs.
 * @param fill Writes its content into the temporary folder it is given.
 * @returns Whether it was there already.
 * @throws What `fill` throws; nothing is left behind then.
 */
export async function cachedFolder(
  path: string,
  fill: (temporary: string) => Promise<void>,
): Promise<boolean> {
  if (await exists(path)) return true;
  const parent = path.slice(0, path.lastIndexOf("/"));
  await Deno.mkdir(parent, { recursive: true });
  // Parallel tests want the same build at once: one makes it, the others wait for the lock, which
  // the system gives up by itself when its holder dies.
  const lock = await Deno.open(`${path}.lock`, { write: true, create: true });
  try {
    await lock.lock(true);
    if (await exists(path)) return true;
    await fillAndRename(parent, path, fill);
    return false;
  } finally {
    lock.close();
    await Deno.remove(`${path}.lock`).catch(() => undefined);
  }
}

async function fillAndRename(
  parent: string,
  path: string,
  fill: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = await Deno.makeTempDir({
    dir: parent,
    prefix: ".filling-",
  });
  try {
    await fill(temporary);
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary, { recursive: true }).catch(() => undefined);
    if (!(await exists(path))) throw error;
  }
}
