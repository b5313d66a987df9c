/** What a benchmark ran on: without it a figure means nothing. */
import { cpus } from "node:os";
import { VERSION } from "../../compile/mod.ts";

/** The machine and the programs of a benchmark. */
export interface Environment {
  /** Version of Sterna. */
  readonly sterna: string;
  /** Version of Deno. */
  readonly deno: string;
  /** Version of V8. */
  readonly v8: string;
  /** The system with its release, such as `linux 6.1.0`. */
  readonly os: string;
  /** The processor's architecture. */
  readonly arch: string;
  /** The processor's own name. */
  readonly cpu: string;
  /** Its logical cores. */
  readonly cores: number;
  /** Memory, in bytes. */
  readonly memoryBytes: number;
  /** Processes that were running or waiting when it began: the last minute's mean. */
  readonly loadAverage: number;
}

/**
 * Describes where this program runs.
 *
 * @returns The machine and the versions.
 */
export function readEnvironment(): Environment {
  const processors = cpus();
  return {
    sterna: VERSION,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    os: `${Deno.build.os} ${Deno.osRelease()}`,
    arch: Deno.build.arch,
    cpu: processors[0]?.model.trim() || "unknown",
    cores: processors.length,
    memoryBytes: Deno.systemMemoryInfo().total,
    loadAverage: Deno.loadavg()[0]!,
  };
}
