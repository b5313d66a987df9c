/** From what a user calls a model that is not here to where it comes from. */
import { KNOWN_MODELS, type KnownModel } from "./catalog.ts";
import { checkUrl } from "./transfer.ts";

/** A model that can be fetched. */
export type Wanted =
  | {
    readonly kind: "known";
    readonly name: string;
    readonly model: KnownModel;
  }
  | {
    readonly kind: "hub";
    readonly name: string;
    /** The repository, as `owner/name`. */
    readonly repo: string;
    /** The file inside of it, if one is named. */
    readonly file?: string;
    /** The branch, tag or commit, if one is named. */
    readonly revision?: string;
  }
  | {
    readonly kind: "url";
    readonly name: string;
    /** The address. */
    readonly url: URL;
    /** SHA-256 that it must have, in hex, if it is known. */
    readonly sha256?: string;
  };

const PART = "[A-Za-z0-9][A-Za-z0-9._-]{0,95}";
const HUB_REGEXP = new RegExp(
  `^hf:(${PART}/${PART})(?:/([^@\\\\\\s]+))?(?:@([^@\\s]+))?$`,
);

/**
 * Reads the name of a model that can be fetched.
 *
 * @param name A known name, `hf:owner/repo[/file][@revision]`, or an address of a
 * `.gguf` or `.sterna` file, with `#sha256=` and its hash behind it if it is known.
 * @param known The models that have a name.
 * @returns What it stands for; undefined if it is none of these.
 * @throws {TypeError} If it begins like one and is not.
 */
export function readWanted(
  name: string,
  known: readonly KnownModel[] = KNOWN_MODELS,
): Wanted | undefined {
  const model = known.find((entry) => entry.name === name);
  if (model !== undefined) return { kind: "known", name, model };
  if (name.startsWith("hf:")) return readHub(name);
  return /^https?:/i.test(name) ? readUrl(name) : undefined;
}

function readHub(name: string): Wanted {
  const [, repo, file, revision] = HUB_REGEXP.exec(name) ?? [];
  const climbs = file?.split("/").some((part) => /^\.{0,2}$/.test(part));
  if (repo === undefined || climbs === true) {
    throw new TypeError(
      `Cannot fetch ${name} as a repository is hf:owner/repo[/file][@revision]`,
    );
  }
  return {
    kind: "hub",
    name,
    repo,
    ...(file === undefined ? {} : { file }),
    ...(revision === undefined ? {} : { revision }),
  };
}

function readUrl(name: string): Wanted {
  const sha256 = /#sha256=([0-9a-f]{64})$/i.exec(name)?.[1]?.toLowerCase();
  const url = checkUrl(name, sha256 !== undefined);
  if (url.hash !== "" && sha256 === undefined) {
    throw new TypeError(
      `Cannot fetch ${name} as what follows # must be sha256= and 64 hex digits`,
    );
  }
  if (!/\.(?:gguf|sterna)$/.test(url.pathname)) {
    throw new TypeError(
      `Cannot fetch ${name} as an address must be that of a .gguf or .sterna file`,
    );
  }
  url.hash = "";
  return {
    kind: "url",
    name,
    url,
    ...(sha256 === undefined ? {} : { sha256 }),
  };
}

/**
 * Makes the name of a file or folder in the cache.
 *
 * @param wanted The model.
 * @returns A plain name without an ending: that of a known model as it is, of others
 * what can be read of it and a part of a hash, so that no two are the same.
 */
export async function stemOf({ kind, name }: Wanted): Promise<string> {
  if (kind === "known") return name;
  const bytes = new TextEncoder().encode(name);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const readable = name.replace(/^(?:hf|https?):\/*/, "")
    .replace(/[#?].*$/, "")
    .replace(/\.(?:gguf|sterna)$/, "")
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[.-]+/, "")
    .slice(0, 80);
  return `${readable}-${hash.slice(0, 5).toHex()}`;
}
