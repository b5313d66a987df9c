/**
 * Runs a model inside this process. The numbers of a call go by value, so that a port or a tick
 * costs a tenth of a microsecond and a test may step cycle by cycle.
 */
import { MAX_ERROR_BYTES } from "./limits.ts";
import type { Transport } from "./transport.ts";

const SYMBOLS = {
  sterna_create: { parameters: ["u32"], result: "pointer" },
  sterna_destroy: { parameters: ["pointer"], result: "void" },
  sterna_call: {
    parameters: [
      "pointer",
      "i32",
      "buffer",
      "u32",
      "buffer",
      "f64",
      "buffer",
      "f64",
    ],
    result: "f64",
  },
  sterna_set: { parameters: ["pointer", "u32", "f64"], result: "f64" },
  sterna_get: { parameters: ["pointer", "u32"], result: "f64" },
  sterna_tick: { parameters: ["pointer", "f64"], result: "f64" },
  sterna_error: { parameters: ["pointer", "buffer", "u32"], result: "u32" },
} as const;

/** Most arguments any call has. */
const MAX_ARGUMENTS = 32;

const NOTHING = new Uint8Array(0);

/**
 * Runs a model inside this process.
 *
 * A model that crashes (a wild pointer in C++, out of memory) ends the whole process here, which
 * no language can catch; errors that Verilator reports, `$stop` and AXI rule breaks throw.
 */
export class FfiTransport implements Transport {
  #library: Deno.DynamicLibrary<typeof SYMBOLS>;
  #session: Deno.PointerValue;
  #closed = false;
  #arguments: Float64Array<ArrayBuffer> = new Float64Array(MAX_ARGUMENTS);

  /**
   * Loads the library and creates one instance.
   *
   * @param path The shared library.
   * @param seed Seed of registers that start undefined; 0 makes them 0.
   * @throws {Error} If the model fails while it is created.
   */
  constructor(path: string, seed: number) {
    this.#library = Deno.dlopen(path, SYMBOLS);
    this.#session = this.#library.symbols.sterna_create(seed);
    if (this.#session === null) {
      const message = this.#message();
      this.#library.close();
      throw new Error(
        `Cannot start the simulation as the model must accept its first evaluation: ${message}`,
      );
    }
  }

  #message(): string {
    const text = new Uint8Array(MAX_ERROR_BYTES);
    const length = this.#library.symbols.sterna_error(
      this.#session,
      text,
      text.length,
    );
    return new TextDecoder().decode(text.subarray(0, length));
  }

  /** A pointer into a library that is gone would end the process and not throw. */
  #open(): Deno.PointerValue {
    if (this.#closed) {
      throw new Error(
        "Cannot go on with the simulation as it must be open: it was disposed",
      );
    }
    return this.#session;
  }

  #checked(result: number): number {
    if (result < 0) {
      throw new Error(
        `Cannot go on with the simulation as each call must succeed: ${this.#message()}`,
      );
    }
    return result;
  }

  call(
    operation: number,
    args: readonly number[],
    data: Uint8Array = NOTHING,
    out: Uint8Array = NOTHING,
  ): number {
    this.#arguments.set(args);
    return this.#checked(
      this.#library.symbols.sterna_call(
        this.#open(),
        operation,
        this.#arguments,
        args.length,
        data as Uint8Array<ArrayBuffer>,
        data.length,
        out as Uint8Array<ArrayBuffer>,
        out.length,
      ),
    );
  }

  set(port: number, value: number): void {
    this.#checked(this.#library.symbols.sterna_set(this.#open(), port, value));
  }

  get(port: number): number {
    return this.#checked(this.#library.symbols.sterna_get(this.#open(), port));
  }

  tick(cycles: number): number {
    return this.#checked(
      this.#library.symbols.sterna_tick(this.#open(), cycles),
    );
  }

  close(): undefined {
    this.#library.symbols.sterna_destroy(this.#open());
    this.#closed = true;
    this.#library.close();
  }
}
