/**
 * Runs a model in a child process, over two named pipes: needs no FFI permission, and a crash of
 * the model is an error here and not the end of this process. `shim/process.cpp` has the frames.
 */
import { OPERATIONS } from "./operations.ts";
import type { Transport } from "./transport.ts";

const REQUEST_BYTES = 24;
const RESPONSE_BYTES = 16;

/** Port values waiting to be sent along with the next call that has an answer. */
const MAX_QUEUED_BYTES = 1 << 16;

const NOTHING = new Uint8Array(0);

/** How the child starts. */
export interface ProcessOptions {
  /** Seed of registers that start undefined; 0 makes them 0. */
  readonly seed: number;
  /** Seconds after which a single call counts as hung; 0 waits for ever. */
  readonly callSeconds: number;
}

/** Runs a model in a child process. */
export class ProcessTransport implements Transport {
  /** The child's process id. */
  readonly processId: number;
  #child: Deno.ChildProcess;
  #folder: string;
  #requests: Deno.FsFile;
  #responses: Deno.FsFile;
  #queue: Uint8Array<ArrayBuffer> = new Uint8Array(MAX_QUEUED_BYTES);
  #queued = 0;
  #ended = false;

  /**
   * Connects to a child that said "ready"; `start` makes one.
   *
   * @param child The child.
   * @param folder Where its pipes lie.
   */
  constructor(child: Deno.ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
    this.processId = child.pid;
    this.#requests = Deno.openSync(`${folder}/requests`, { write: true });
    this.#responses = Deno.openSync(`${folder}/responses`, { read: true });
  }

  /**
   * Starts the child and connects to it.
   *
   * @param program The program that `build` linked.
   * @param options Seed and time limit.
   * @returns The connection.
   * @throws {Error} If the model fails while it is created.
   */
  static async start(
    program: string,
    options: ProcessOptions,
  ): Promise<ProcessTransport> {
    const folder = await Deno.makeTempDir({ prefix: "sterna-sim-" });
    const child = new Deno.Command(program, {
      args: [
        `${folder}/requests`,
        `${folder}/responses`,
        `${options.seed}`,
        `${options.callSeconds}`,
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const greeting = (await new Response(readLine(child.stdout)).text()).trim();
    if (greeting === "ready") return new ProcessTransport(child, folder);
    await child.stdin.close();
    const status = await child.status;
    await Deno.remove(folder, { recursive: true });
    throw new Error(
      `Cannot start the simulation as the model must accept its first evaluation: ${
        greeting.replace("error: ", "") || `status ${status.code}`
      }`,
    );
  }

  call(
    operation: number,
    args: readonly number[],
    data: Uint8Array = NOTHING,
    out: Uint8Array = NOTHING,
  ): number {
    this.#append(operation, args, data.length, out.length);
    this.#flush();
    this.#write(data);
    const head = new DataView(new ArrayBuffer(RESPONSE_BYTES));
    this.#read(new Uint8Array(head.buffer));
    const result = head.getFloat64(0, true);
    const bytes = Number(head.getBigUint64(8, true));
    if (result < 0) {
      const text = new Uint8Array(bytes);
      this.#read(text);
      throw new Error(
        `Cannot go on with the simulation as each call must succeed: ${
          new TextDecoder().decode(text)
        }`,
      );
    }
    this.#read(out.subarray(0, bytes));
    return result;
  }

  set(port: number, value: number): void {
    this.#append(OPERATIONS.setNumber, [port, value], 0, 0);
  }

  get(port: number): number {
    return this.call(OPERATIONS.getNumber, [port]);
  }

  tick(cycles: number): number {
    return this.call(OPERATIONS.tick, [cycles]);
  }

  async close(): Promise<void> {
    this.#requests.close();
    this.#responses.close();
    await this.#child.stdin.close().catch(() => undefined);
    await this.#child.status;
    await Deno.remove(this.#folder, { recursive: true });
  }

  /** Adds a frame's head and arguments to what goes out with the next write. */
  #append(
    operation: number,
    args: readonly number[],
    dataBytes: number,
    outBytes: number,
  ): void {
    const bytes = REQUEST_BYTES + args.length * 8;
    if (this.#queued + bytes > MAX_QUEUED_BYTES) this.#flush();
    const view = new DataView(this.#queue.buffer, this.#queued, bytes);
    view.setUint32(0, operation, true);
    view.setUint32(4, args.length, true);
    view.setBigUint64(8, BigInt(dataBytes), true);
    view.setBigUint64(16, BigInt(outBytes), true);
    args.forEach((arg, at) =>
      view.setFloat64(REQUEST_BYTES + at * 8, arg, true)
    );
    this.#queued += bytes;
  }

  #flush(): void {
    const bytes = this.#queue.subarray(0, this.#queued);
    this.#queued = 0;
    this.#write(bytes);
  }

  #write(bytes: Uint8Array): void {
    try {
      for (let at = 0; at < bytes.length;) {
        at += this.#requests.writeSync(bytes.subarray(at));
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
      this.#gone();
    }
  }

  #read(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const got = this.#responses.readSync(bytes.subarray(at));
      if (got === null) this.#gone();
      at += got;
    }
  }

  #gone(): never {
    const again = this.#ended ? " before" : "";
    this.#ended = true;
    throw new Error(
      `Cannot go on with the simulation as its process must stay alive: process ${this.processId} ended${again} (a crash of the model, or a call over its time limit)`,
    );
  }
}

/** Passes a stream on up to its first line, then lets go of it. */
function readLine(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): ReadableStream {
  const reader = stream.getReader();
  return new ReadableStream({
    async pull(controller): Promise<void> {
      const { value, done } = await reader.read();
      if (value) controller.enqueue(value);
      if (!done && !value.includes(10)) return;
      controller.close();
      await reader.cancel();
    },
  });
}
