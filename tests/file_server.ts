/**
 * A server on this machine for tests of downloads: files with ranges, and every
 * way in which a server can be wrong.
 */

/** How a file is served. */
export interface Served {
  /** Its bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Its media type. */
  readonly type?: string;
  /** More headers. */
  readonly headers?: Record<string, string>;
  /** Statuses that are answered before the file is, one a request. */
  readonly failures?: number[];
  /** Whether ranges are ignored. */
  readonly whole?: boolean;
  /** Answers ranges with others, which begin so many bytes later. */
  readonly shift?: number;
  /** Ends each answer after so many bytes, as a connection that breaks. */
  readonly breakAfter?: number;
  /** States no length. */
  readonly chunked?: boolean;
  /** Waits before each piece of 1,000 bytes, in ms. */
  readonly pieceMs?: number;
  /** Sends nothing behind the headers. */
  readonly silent?: boolean;
}

/** What the server was asked. */
export interface Asked {
  /** The path. */
  readonly path: string;
  /** The range. */
  readonly range: string | null;
  /** All headers. */
  readonly headers: Headers;
}

/** A server; it ends with the test. */
export class FileServer implements AsyncDisposable {
  /** Its address, without a slash at the end. */
  readonly url: string;
  /** Files by path; a function makes an answer of its own. */
  readonly files: Map<string, Served | (() => Served)> = new Map();
  /** What was asked so far. */
  readonly asked: Asked[] = [];
  #server: Deno.HttpServer<Deno.NetAddr>;
  #stop = new AbortController();

  /** Starts a server without files. */
  constructor() {
    this.#server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      (request) => this.#answer(request),
    );
    this.url = `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Puts a file on the server. */
  put(path: string, served: Served): void {
    this.files.set(path, served);
  }

  #answer(request: Request): Response {
    const { pathname } = new URL(request.url);
    const range = request.headers.get("range");
    this.asked.push({ path: pathname, range, headers: request.headers });
    const entry = this.files.get(pathname);
    if (entry === undefined) return new Response("none", { status: 404 });
    const served = typeof entry === "function" ? entry() : entry;
    const failure = served.failures?.shift();
    if (failure !== undefined) {
      return new Response("later", { status: failure });
    }
    const { bytes, whole = false, headers = {} } = served;
    const version = headers.etag ?? headers["last-modified"];
    const changed = request.headers.has("if-range") &&
      request.headers.get("if-range") !== version;
    const start = range === null || whole || changed
      ? undefined
      : Number(/^bytes=(\d+)-/.exec(range)![1]) + (served.shift ?? 0);
    if (start !== undefined && start >= bytes.length) {
      return new Response(null, {
        status: 416,
        headers: { "content-range": `bytes */${bytes.length}` },
      });
    }
    const last = /-(\d+)$/.exec(range ?? "")?.[1];
    const end = start === undefined || last === undefined
      ? bytes.length
      : Number(last) + 1;
    const body = bytes.slice(start ?? 0, end);
    return new Response(this.#stream(body, served), {
      status: start === undefined ? 200 : 206,
      headers: {
        "content-type": served.type ?? "application/octet-stream",
        ...headers,
        ...(served.chunked ? {} : { "content-length": `${body.length}` }),
        ...(start === undefined ? {} : {
          "content-range": `bytes ${start}-${end - 1}/${bytes.length}`,
        }),
      },
    });
  }

  #stream(
    body: Uint8Array<ArrayBuffer>,
    { breakAfter, pieceMs, silent, chunked }: Served,
  ): BodyInit {
    const plain = breakAfter === undefined && pieceMs === undefined &&
      !silent && !chunked;
    if (plain) return body;
    const { signal } = this.#stop;
    let at = 0;
    return new ReadableStream({
      async pull(controller) {
        if (silent) {
          await new Promise((done) => signal.addEventListener("abort", done));
          return controller.close();
        }
        if (pieceMs) await new Promise((done) => setTimeout(done, pieceMs));
        const next = Math.min(at + 1_000, body.length, breakAfter ?? Infinity);
        if (next > at) controller.enqueue(body.slice(at, next));
        at = next;
        // With a length that is not reached, the connection breaks.
        if (at >= Math.min(body.length, breakAfter ?? Infinity)) {
          controller.close();
        }
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#server.shutdown();
  }
}

/** Bytes that differ from place to place. */
export function someBytes(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223 | 0;
    return state >>> 24;
  });
}

/** SHA-256 in hex. */
export async function sha256Of(
  bytes: Uint8Array<ArrayBuffer>,
): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
