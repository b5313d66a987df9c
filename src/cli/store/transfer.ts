/**
 * Requests over the network: addresses that are allowed, one kind of error that
 * says whether another try may help, and a limit on silence.
 */
import { FailureError, plain } from "../errors.ts";

/** How requests are made; tests use shorter times. */
export interface Network {
  /** Longest silence of a server, in ms. */
  readonly stallMs: number;
  /** Wait before the second try, in ms; doubled for each one after. */
  readonly retryMs: number;
  /** Tries without a new byte before giving up. */
  readonly attempts: number;
}

/** How requests are made unless told otherwise. */
export const NETWORK: Network = {
  stallMs: 60_000,
  retryMs: 1_000,
  attempts: 4,
};

/** A request or a transfer that failed. */
export class TransferError extends FailureError {
  /** Names the class. */
  override readonly name: string = "TransferError";
  /** Whether the same request may succeed later. */
  readonly mayHelp: boolean;

  /**
   * Describes a failure.
   *
   * @param message What could not be done, and why.
   * @param mayHelp Whether the same request may succeed later.
   */
  constructor(message: string, mayHelp: boolean) {
    super(message);
    this.mayHelp = mayHelp;
  }
}

/** Hosts that are this machine: nobody is between it and us. */
const LOOPBACK_REGEXP = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/**
 * Checks an address.
 *
 * @param url The address.
 * @param hashed Whether what comes is checked against a hash that is known here.
 * @returns The address, parsed.
 * @throws {TypeError} If it is no address, or its content could be changed on its way.
 */
export function checkUrl(url: string, hashed: boolean): URL {
  if (!URL.canParse(url)) {
    throw new TypeError(`Cannot fetch ${url} as it must be an address`);
  }
  const parsed = new URL(url);
  const { protocol, hostname } = parsed;
  const sound = protocol === "https:" ||
    (protocol === "http:" && (hashed || LOOPBACK_REGEXP.test(hostname)));
  if (sound) return parsed;
  throw new TypeError(
    `Cannot fetch ${shown(parsed)} as it must be https:${
      protocol === "http:" ? ", or end in #sha256= and the hash" : ""
    }`,
  );
}

/**
 * Names an address in a message, without the password that it may have.
 *
 * @param url The address.
 * @returns Its text.
 */
export function shown(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

/** Silence is measured from the last byte, wherever it was read. */
export interface Answer {
  /** Status and headers. */
  readonly response: Response;
  /** Reads the body; ends with an error after a silence that is too long. */
  body(): AsyncGenerator<Uint8Array<ArrayBuffer>>;
}

/**
 * Sends a GET request.
 *
 * @param url The address; a name and a password in it go into a header.
 * @param headers More headers.
 * @param network How.
 * @returns The answer, whatever its status; read its body or cancel it.
 * @throws {TransferError} If there is no answer.
 */
export async function request(
  url: URL,
  headers: Readonly<Record<string, string>> = {},
  network: Network = NETWORK,
): Promise<Answer> {
  const { username, password } = url;
  const bare = new URL(url);
  bare.username = bare.password = bare.hash = "";
  const login = `${decodeURIComponent(username)}:${
    decodeURIComponent(password)
  }`;
  const stop = new AbortController();
  const silence = new Silence(network.stallMs, stop);
  const fail = (error: unknown): TransferError =>
    new TransferError(
      `Cannot fetch ${shown(bare)} as ${
        silence.isOver
          ? `the server was silent for ${network.stallMs / 1_000} s`
          : `the connection failed: ${reasonOf(error)}`
      }`,
      true,
    );
  let response: Response;
  try {
    response = await fetch(bare, {
      headers: {
        ...(login === ":" ? {} : { authorization: `Basic ${base64(login)}` }),
        ...headers,
      },
      signal: stop.signal,
    });
  } catch (error) {
    throw fail(error);
  } finally {
    silence.end();
  }
  return {
    response,
    async *body() {
      silence.start();
      try {
        for await (const bytes of response.body ?? []) {
          silence.start();
          yield bytes;
          silence.start(); // the time that we took is not the server's
        }
      } catch (error) {
        throw fail(error);
      } finally {
        silence.end();
      }
    },
  };
}

/** Stops a request that has been silent for too long. */
class Silence {
  #ms: number;
  #stop: AbortController;
  #timer: ReturnType<typeof setTimeout> | undefined;
  isOver = false;

  constructor(ms: number, stop: AbortController) {
    this.#ms = ms;
    this.#stop = stop;
    this.start();
  }

  start(): void {
    this.end();
    this.#timer = setTimeout(() => {
      this.isOver = true;
      this.#stop.abort();
    }, this.#ms);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

/**
 * Says why a request failed: the innermost reason, as outer ones repeat the address.
 *
 * @param error What `fetch` threw.
 * @returns The reason, without a full stop.
 */
export function reasonOf(error: unknown): string {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) {
    inner = inner.cause;
  }
  const text = plain(inner instanceof Error ? inner.message : String(inner));
  return text.replace(/ \(os error \d+\)/g, "").replace(
    /^error sending request for url \([^)]*\):?\s*/,
    "",
  ).replace(/\.$/, "");
}

/**
 * Refuses an answer that is not what was asked for.
 *
 * @param url The address.
 * @param answer The answer; its body is cancelled if it is refused.
 * @param good Statuses that are fine.
 * @throws {TransferError} If the status is another one.
 */
export async function demandStatus(
  url: URL,
  { response }: Answer,
  good: readonly number[],
): Promise<void> {
  const { status } = response;
  if (good.includes(status)) return;
  await response.body?.cancel();
  const why = status === 404
    ? "there is nothing of that name"
    : status === 401 || status === 403
    ? "it needs a permission"
    : "the server refuses";
  throw new TransferError(
    `Cannot fetch ${shown(url)} as ${why}: status ${status}`,
    status === 408 || status === 429 || status >= 500,
  );
}

/**
 * Fetches a text.
 *
 * @param url The address.
 * @param options Largest size in bytes, headers, and how to request.
 * @returns The text, its media type, and where it came from in the end.
 * @throws {TransferError} If it cannot be had.
 */
export async function fetchText(
  url: URL,
  options: {
    readonly maxBytes: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly network?: Network;
  },
): Promise<{ text: string; type: string; url: URL }> {
  const { maxBytes, headers, network = NETWORK } = options;
  return await retrying(network, async () => {
    const answer = await request(url, headers, network);
    await demandStatus(url, answer, [200]);
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let size = 0;
    for await (const bytes of answer.body()) {
      size += bytes.length;
      if (size > maxBytes) {
        throw new TransferError(
          `Cannot fetch ${
            shown(url)
          } as it may have ${maxBytes} bytes: it has more`,
          false,
        );
      }
      parts.push(bytes);
    }
    const { headers: given, url: end } = answer.response;
    return {
      text: await new Blob(parts).text(),
      type: given.get("content-type") ?? "",
      url: new URL(end || url),
    };
  });
}

/**
 * Tries again what may succeed later.
 *
 * @param network How often, and after which wait.
 * @param work What to try; it says whether it got further before it failed.
 * @returns What the work gives.
 * @throws {TransferError} The last failure.
 */
export async function retrying<T>(
  network: Network,
  work: (progressed: () => void) => Promise<T>,
): Promise<T> {
  for (let failures = 0;; failures++) {
    try {
      return await work(() => failures = 0);
    } catch (error) {
      const again = error instanceof TransferError && error.mayHelp &&
        failures + 1 < network.attempts;
      if (!again) throw error;
      await new Promise((done) =>
        setTimeout(done, network.retryMs * 2 ** failures)
      );
    }
  }
}
