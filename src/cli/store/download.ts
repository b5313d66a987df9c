/**
 * Downloads of large files. What has arrived stays beside its place as
 * `NAME.part` when a download is interrupted, and the next one goes on behind
 * it. A file appears under its name only when its size and its hash are right.
 */
import { FailureError } from "../errors.ts";
import { pathError } from "../files.ts";
import { type Digest, digestFile } from "./digest.ts";
import {
  type Answer,
  demandStatus,
  NETWORK,
  type Network,
  request,
  retrying,
  shown,
  TransferError,
} from "./transfer.ts";

/** What to download. */
export interface Download {
  /** What to call it in messages. */
  readonly name: string;
  /** Its address. */
  readonly url: URL;
  /** Headers that the address needs. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Its size, if it is known. */
  readonly bytes?: number;
  /** Its hash, if it is known; without one, only the size that the server states is checked. */
  readonly digest?: Digest;
}

/** How to download. */
export interface DownloadOptions {
  /** Called as bytes arrive, with bytes done and in all. */
  readonly onProgress?: (done: number, total: number) => void;
  /** How requests are made. */
  readonly network?: Network;
}

/** Largest file: beyond any model that a machine of this kind runs. */
const MAX_FILE_BYTES = 256 * 2 ** 30;

/** A file that is on its way. */
class Part {
  readonly path: string;
  #validator: string;

  constructor(path: string) {
    this.path = `${path}.part`;
    this.#validator = `${path}.part.version`;
  }

  async size(): Promise<number> {
    try {
      return (await Deno.stat(this.path)).size;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return 0;
      throw error;
    }
  }

  /** What the server called the version that has arrived in part. */
  async version(): Promise<string | undefined> {
    try {
      return await Deno.readTextFile(this.#validator);
    } catch {
      return undefined;
    }
  }

  async keepVersion({ headers }: Response): Promise<void> {
    // A weak tag says that two versions mean the same, not that their bytes are equal.
    const tag = headers.get("etag");
    const strong = tag !== null && !tag.startsWith("W/");
    const version = strong ? tag : headers.get("last-modified");
    if (version !== null) await Deno.writeTextFile(this.#validator, version);
  }

  async drop(): Promise<void> {
    for (const path of [this.path, this.#validator]) {
      await Deno.remove(path).catch(() => {});
    }
  }

  async become(path: string): Promise<void> {
    await Deno.rename(this.path, path);
    await this.drop();
  }
}

/**
 * Downloads a file.
 *
 * @param what What.
 * @param path Where it is to appear, in a folder that is there.
 * @param options Progress and network.
 * @throws {TransferError} If the network or the server fails, after several tries.
 * @throws {FailureError} If its size or its hash is wrong: nothing of it stays then.
 */
export async function download(
  what: Download,
  path: string,
  options: DownloadOptions = {},
): Promise<void> {
  const part = new Part(path);
  try {
    const resumed = await part.size();
    await transferAll(what, part, options);
    // What an earlier download left may be damaged: then all of it comes anew.
    if (resumed > 0 && !await isRight(what, part)) {
      await part.drop();
      await transferAll(what, part, options);
    }
    await demandRight(what, part);
    await part.become(path);
  } catch (error) {
    const fromSystem = Object.values(Deno.errors)
      .some((kind) => error instanceof kind);
    throw fromSystem ? pathError("write", path, error) : error;
  }
}

async function isRight({ digest }: Download, part: Part): Promise<boolean> {
  return digest === undefined ||
    await digestFile(part.path, digest.kind) === digest.hex;
}

async function demandRight(what: Download, part: Part): Promise<void> {
  const { digest, name } = what;
  if (digest === undefined) return;
  const found = await digestFile(part.path, digest.kind);
  if (found === digest.hex) return;
  await part.drop();
  throw new FailureError(
    `Cannot use ${name} as its ${digest.kind} hash must be ${digest.hex}: it is ${found}`,
  );
}

/** Tries until all of it is there; tries that bring new bytes are not counted. */
async function transferAll(
  what: Download,
  part: Part,
  options: DownloadOptions,
): Promise<void> {
  let most = await part.size();
  await retrying(
    options.network ?? NETWORK,
    (progressed) =>
      transfer(what, part, {
        ...options,
        onProgress(done, total) {
          if (done > most) progressed();
          most = Math.max(most, done);
          options.onProgress?.(done, total);
        },
      }),
  );
}

/** Asks for what is missing and writes it behind what is there. */
async function transfer(
  what: Download,
  part: Part,
  { onProgress, network = NETWORK }: DownloadOptions,
): Promise<void> {
  const { url, bytes } = what;
  const start = await startOf(what, part);
  if (start > 0 && start === bytes) return;
  const answer = await request(url, {
    ...what.headers,
    "accept-encoding": "identity", // ranges count the file's own bytes
    ...(start === 0 ? {} : { range: `bytes=${start}-` }),
    ...(start === 0 || what.digest !== undefined
      ? {}
      : { "if-range": (await part.version())! }),
  }, network);
  if (start > 0 && answer.response.status === 416) {
    await answer.response.body?.cancel();
    await part.drop(); // there is no such range: begin again
    throw new TransferError(
      `Cannot go on with ${what.name} as the server has fewer bytes: ${start}`,
      true,
    );
  }
  await demandStatus(url, answer, start > 0 ? [200, 206] : [200]);
  const from = answer.response.status === 206 ? start : 0;
  const total = await totalOf(what, answer, from);
  await part.keepVersion(answer.response);
  using file = await Deno.open(part.path, { write: true, create: true });
  await file.truncate(from);
  await file.seek(from, Deno.SeekMode.Start);
  let done = from;
  for await (const piece of answer.body()) {
    done += piece.length;
    if (done > (total ?? MAX_FILE_BYTES)) {
      throw new TransferError(
        `Cannot fetch ${shown(url)} as it must have ${
          total ?? `at most ${MAX_FILE_BYTES}`
        } bytes: the server sends more`,
        false,
      );
    }
    for (let at = 0; at < piece.length;) {
      at += await file.write(piece.subarray(at));
    }
    onProgress?.(done, total ?? 0);
  }
  if (total !== undefined && done < total) {
    throw new TransferError(
      `Cannot fetch ${
        shown(url)
      } as it must have ${total} bytes: it ended after ${done}`,
      true,
    );
  }
  await file.sync();
}

/** Where to go on: behind what is there, if nothing speaks against it. */
async function startOf(
  { bytes, digest }: Download,
  part: Part,
): Promise<number> {
  const size = await part.size();
  const sound = size <= (bytes ?? Infinity) &&
    (digest !== undefined || await part.version() !== undefined);
  if (sound) return size;
  await part.drop();
  return 0;
}

/** The size of the whole file, as known here or as the server states it. */
async function totalOf(
  { bytes, url }: Download,
  { response }: Answer,
  from: number,
): Promise<number | undefined> {
  const { headers, status } = response;
  const range = /^bytes (\d+)-\d+\/(\d+)$/
    .exec(headers.get("content-range") ?? "");
  const length = headers.get("content-length");
  const stated = status === 206
    ? range?.[2]
    : headers.has("content-encoding")
    ? undefined
    : length ?? undefined;
  const problem = status === 206 && Number(range?.[1]) !== from
    ? `its range must begin at ${from}: ${
      headers.get("content-range") ?? "it states none"
    }`
    : bytes !== undefined && stated !== undefined && Number(stated) !== bytes
    ? `it must have ${bytes} bytes: the server offers ${stated}`
    : undefined;
  if (problem === undefined) {
    return bytes ?? (stated === undefined ? undefined : Number(stated));
  }
  await response.body?.cancel();
  throw new TransferError(`Cannot fetch ${shown(url)} as ${problem}`, false);
}
