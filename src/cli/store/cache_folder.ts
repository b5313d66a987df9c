/** Where fetched models are kept. */

/** What the place depends on. */
export interface CacheSystem {
  /** Reads an environment variable. */
  readonly env: (name: string) => string | undefined;
  /** The operating system, as `Deno.build.os` names it. */
  readonly os: string;
}

/**
 * Finds the folder of fetched models: `STERNA_CACHE` if it is set, otherwise a
 * folder of ours where the platform keeps what can be fetched again.
 *
 * @param system The environment and the platform.
 * @returns Its path; it may not exist yet.
 * @throws {TypeError} If no variable says where the user's files are.
 */
export function cacheFolder(
  system: CacheSystem = {
    env: (name) => Deno.env.get(name),
    os: Deno.build.os,
  },
): string {
  const read = (name: string): string | undefined =>
    system.env(name)?.replaceAll("\\", "/").replace(/(?<=.)\/+$/, "") ||
    undefined;
  const own = read("STERNA_CACHE");
  if (own !== undefined) return own;
  const home = read("HOME");
  const place = system.os === "windows"
    ? under(read("LOCALAPPDATA"), "sterna/Cache")
    : system.os === "darwin"
    ? under(home, "Library/Caches/sterna")
    : under(read("XDG_CACHE_HOME") ?? under(home, ".cache"), "sterna");
  if (place !== undefined) return place;
  throw new TypeError(
    "Cannot find the cache folder as neither STERNA_CACHE nor the home folder is set",
  );
}

function under(folder: string | undefined, path: string): string | undefined {
  return folder === undefined ? undefined : `${folder}/${path}`;
}
