/**
 * Repositories of the Hugging Face hub, through `@huggingface/hub`: what files a
 * repository has at one commit, with the hashes that the hub states, and where
 * they are. The bytes come over plain ranges, which can be resumed, not over
 * the hub's protocol of chunks.
 */
import type { ListFileEntry } from "@huggingface/hub";
import { FailureError, plain } from "../errors.ts";
import type { Digest } from "./digest.ts";
import { NETWORK, type Network, reasonOf, TransferError } from "./transfer.ts";
import type { Wanted } from "./wanted.ts";

/** How the hub is reached. */
export interface HubAccess {
  /** Its address. */
  readonly endpoint: string;
  /** A token of a user, for what is private or has terms. */
  readonly token?: string;
  /** How requests are made. */
  readonly network?: Network;
}

/** A file of a repository. */
export interface HubFile {
  /** Its path inside of the model's folder; empty where the model is one file. */
  readonly path: string;
  /** Its address. */
  readonly url: URL;
  /** Headers that the address needs. */
  readonly headers: Readonly<Record<string, string>>;
  /** Its size. */
  readonly bytes: number;
  /** The hash that the hub states. */
  readonly digest: Digest;
}

/** What makes up a model of a repository. */
export interface HubModel {
  /** The commit that all files are of. */
  readonly commit: string;
  /** The license that the repository states. */
  readonly license: string | null;
  /** Its ending where it is one file; undefined where it is a folder. */
  readonly ending?: string;
  /** Its files. */
  readonly files: readonly HubFile[];
}

/** Files of a checkpoint beside its weights; most repositories lack some. */
const CHECKPOINT_FILES: ReadonlySet<string> = new Set([
  "config.json",
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "chat_template.jinja",
  "model.safetensors.index.json",
]);

/** Weights of a checkpoint; other safetensors files are copies in another layout. */
const WEIGHTS_REGEXP = /^model(?:-\d{5}-of-\d{5})?\.safetensors$/;

/** Most files of a repository that are looked at: the largest have some thousands. */
const MAX_FILES = 20_000;

/** Largest answer: a list of the most files that are looked at. */
const MAX_ANSWER_BYTES = 64 * 2 ** 20;

/**
 * Reads how the hub is reached from the environment, as its own tools do.
 *
 * @param env Reads a variable.
 * @returns `HF_ENDPOINT` or the hub's own address, and `HF_TOKEN`.
 */
export function hubAccess(
  env: (name: string) => string | undefined = (name) => Deno.env.get(name),
): HubAccess {
  const token = env("HF_TOKEN");
  return {
    endpoint: (env("HF_ENDPOINT") || "https://huggingface.co")
      .replace(/\/+$/, ""),
    ...(token ? { token } : {}),
  };
}

/**
 * Finds the files of a model in a repository.
 *
 * @param wanted The repository, and the file if one is named.
 * @param access How the hub is reached.
 * @returns A `.gguf` or `.sterna` file, or the files of a checkpoint.
 * @throws {TypeError} If the repository has several models, or none of a kind that is read here.
 * @throws {FailureError} If the hub refuses or does not answer.
 */
export async function findOnHub(
  wanted: Wanted & { kind: "hub" },
  access: HubAccess,
): Promise<HubModel> {
  const hub = await import("@huggingface/hub");
  const { repo, name, revision } = wanted;
  const { endpoint, token, network = NETWORK } = access;
  const common = {
    hubUrl: endpoint,
    fetch: quietFetch(network),
    ...(token === undefined ? {} : { accessToken: token }),
  };
  try {
    const info = await hub.modelInfo({
      ...common,
      name: repo,
      additionalFields: ["sha", "tags"],
      ...(revision === undefined ? {} : { revision }),
    });
    const commit = info.sha;
    const entries: ListFileEntry[] = [];
    const listing = hub.listFiles({
      ...common,
      repo,
      revision: commit,
      recursive: true,
    });
    for await (const entry of listing) {
      if (entry.type === "file") entries.push(entry);
      if (entries.length > MAX_FILES) break;
    }
    const chosen = choose(wanted, entries);
    const files: HubFile[] = [];
    for (const entry of chosen) {
      const found = await hub.fileDownloadInfo({
        ...common,
        repo,
        path: entry.path,
        revision: commit,
      });
      if (found === null || found.size !== entry.size) {
        throw new FailureError(
          `Cannot fetch ${entry.path} of ${name} as the hub must have ${entry.size} bytes of it: ${
            found === null ? "it has none" : `it has ${found.size}`
          }`,
        );
      }
      files.push({
        path: isSingle(entry.path) ? "" : entry.path,
        url: new URL(found.url),
        headers: token === undefined
          ? {}
          : { authorization: `Bearer ${token}` },
        bytes: entry.size,
        digest: digestOf(name, entry),
      });
    }
    const ending = isSingle(chosen[0]!.path)
      ? /\.\w+$/.exec(chosen[0]!.path)![0]
      : undefined;
    return {
      commit,
      license: licenseOf(info.tags),
      files,
      ...(ending === undefined ? {} : { ending }),
    };
  } catch (error) {
    throw hubError(name, error);
  }
}

function isSingle(path: string): boolean {
  return /\.(?:gguf|sterna)$/.test(path);
}

/** A model of one file, or a checkpoint. */
function choose(
  { name, file, repo }: Wanted & { kind: "hub" },
  entries: readonly ListFileEntry[],
): readonly ListFileEntry[] {
  if (file !== undefined) {
    const found = entries.filter(({ path }) => path === file);
    if (found.length === 0) {
      throw new TypeError(
        `Cannot fetch ${name} as ${repo} must have the file ${file}`,
      );
    }
    if (isSingle(file)) return found;
    throw new TypeError(
      `Cannot fetch ${name} as a file must be a .gguf or .sterna file: leave it out for a checkpoint`,
    );
  }
  const single = entries.filter(({ path }) => isSingle(path));
  if (single.length === 1) return single;
  if (single.length > 1) {
    throw new TypeError(
      `Cannot fetch ${name} as it must name one file: ${
        single.map(({ path }) => `hf:${repo}/${path}`).join(", ")
      }`,
    );
  }
  const files = entries.filter(({ path }) =>
    CHECKPOINT_FILES.has(path) || WEIGHTS_REGEXP.test(path)
  );
  const has = (rule: RegExp): boolean =>
    files.some(({ path }) => rule.test(path));
  if (has(/^config\.json$/) && has(WEIGHTS_REGEXP)) return files;
  throw new TypeError(
    `Cannot fetch ${name} as it must have a .gguf file, or config.json and model.safetensors`,
  );
}

function digestOf(name: string, { lfs, oid, path }: ListFileEntry): Digest {
  if (/^[0-9a-f]{64}$/.test(lfs?.oid ?? "")) {
    return { kind: "sha256", hex: lfs!.oid };
  }
  if (lfs === undefined && /^[0-9a-f]{40}$/.test(oid ?? "")) {
    return { kind: "git-sha1", hex: oid! };
  }
  throw new FailureError(
    `Cannot fetch ${path} of ${name} as the hub must state its hash`,
  );
}

function licenseOf(tags: readonly string[] | undefined): string | null {
  const tag = tags?.find((text) => text.startsWith("license:"));
  return tag === undefined ? null : plain(tag.slice("license:".length));
}

/** Reads answers whole: the client leaves those open that it wants the headers of. */
function quietFetch({ stallMs }: Network): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, {
      ...init,
      signal: AbortSignal.timeout(stallMs),
    });
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let size = 0;
    for await (const part of response.body ?? []) {
      size += part.length;
      if (size > MAX_ANSWER_BYTES) {
        throw new TransferError(
          `Cannot use an answer of the hub as it may have ${MAX_ANSWER_BYTES} bytes: it has more`,
          false,
        );
      }
      parts.push(part);
    }
    const { status, headers } = response;
    return new Response(size === 0 ? null : new Blob(parts), {
      status,
      headers,
    });
  };
}

/** What the client threw, as a failure of ours; a refusal of ours stays. */
function hubError(name: string, error: unknown): Error {
  const own = error instanceof Error && error.message.startsWith("Cannot ");
  if (own) return error;
  const status = (error as { statusCode?: unknown }).statusCode;
  if (typeof status !== "number") {
    return new TransferError(
      `Cannot fetch ${name} as the hub does not answer as expected: ${
        reasonOf(error)
      }`,
      true,
    );
  }
  const refused = status === 401 || status === 403;
  return new TransferError(
    `Cannot fetch ${name} as the hub answers with status ${status}${
      refused
        ? ": it is not there, or private, or has terms to accept on its page; HF_TOKEN must hold a token then"
        : ""
    }`,
    status === 408 || status === 429 || status >= 500,
  );
}
