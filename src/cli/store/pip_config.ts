/**
 * The package index that this machine uses. Machines behind a mirror have it
 * configured for pip, in a variable or in an INI file; wheels are fetched from
 * there too, so that nobody configures it twice.
 */

/** What the index depends on. */
export interface IndexSystem {
  /** Reads an environment variable. */
  readonly env: (name: string) => string | undefined;
  /** Reads a file; undefined if there is none. */
  readonly read: (path: string) => string | undefined;
}

/** The index of the Python Package Index itself. */
const DEFAULT_INDEX = "https://pypi.org/simple";

/** Sections of a configuration that say where packages come from, the last one first. */
const SECTIONS = ["download", "install", "global"] as const;

/** This machine; a file that cannot be read says nothing. */
const SYSTEM: IndexSystem = {
  env: (name) => Deno.env.get(name),
  read: (path) => {
    try {
      return Deno.readTextFileSync(path);
    } catch {
      return undefined;
    }
  },
};

/**
 * Finds the package index.
 *
 * @param system The environment and its files.
 * @returns Its address: `STERNA_PYPI_URL`, else what pip is configured to use, else
 * the Python Package Index.
 */
export function indexUrl(system: IndexSystem = SYSTEM): string {
  const { env, read } = system;
  const named = env("STERNA_PYPI_URL") || env("PIP_INDEX_URL");
  if (named) return named;
  for (const path of configFiles(env)) {
    const text = read(path);
    const url = text === undefined ? undefined : indexOf(text);
    if (url !== undefined) return url;
  }
  return DEFAULT_INDEX;
}

/** Files that pip reads, the one that counts most first. */
function configFiles(env: IndexSystem["env"]): string[] {
  const named = env("PIP_CONFIG_FILE");
  const home = env("HOME");
  const under = (folder: string | undefined, path: string): string[] =>
    folder ? [`${folder}/${path}`] : [];
  return [
    ...(named ? [named] : []),
    ...under(env("VIRTUAL_ENV"), "pip.conf"),
    ...under(env("APPDATA"), "pip/pip.ini"),
    ...under(home, "Library/Application Support/pip/pip.conf"),
    ...under(
      env("XDG_CONFIG_HOME") ?? under(home, ".config")[0],
      "pip/pip.conf",
    ),
    ...under(home, ".pip/pip.conf"),
    "/etc/xdg/pip/pip.conf",
    "/etc/pip.conf",
  ];
}

/** Reads `index-url` out of an INI text. */
function indexOf(text: string): string | undefined {
  const found = new Map<string, string>();
  let section = "";
  for (const line of text.split(/\r?\n/)) {
    const heading = /^\s*\[([^\]]+)\]/.exec(line)?.[1];
    if (heading !== undefined) section = heading.trim();
    const value = /^\s*index[-_]url\s*[=:]\s*(\S+)/.exec(line)?.[1];
    if (value !== undefined) found.set(section, value);
  }
  return SECTIONS.map((name) => found.get(name))
    .find((url) => url !== undefined);
}
