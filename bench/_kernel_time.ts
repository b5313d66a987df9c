/**
 * Times kernels by the device's own timestamps: what the queue, the host and a
 * readback add is left out.
 */
import { type Gpu, Readback } from "../src/runtime/mod.ts";

/** Usage of a buffer that timestamps are resolved into: QUERY_RESOLVE and COPY_SRC. */
const RESOLVED_USE = 0x200 | 0x4;

/** Times of some runs. */
export interface Times {
  /** The shortest, in milliseconds. */
  readonly best: number;
  /** The middle one, in milliseconds. */
  readonly median: number;
}

/**
 * Times a pass.
 *
 * @param gpu A device with timestamps.
 * @param record Records the pass with the timestamps that it is given.
 * @param runs How often.
 * @returns Times of the pass.
 */
export async function timePass(
  gpu: Gpu,
  record: (
    encoder: GPUCommandEncoder,
    timestampWrites: GPUComputePassTimestampWrites,
  ) => void,
  runs: number,
): Promise<Times> {
  const { device } = gpu;
  const querySet = device.createQuerySet({ type: "timestamp", count: 2 });
  const resolved = device.createBuffer({
    size: 256,
    usage: RESOLVED_USE,
  });
  using readback = new Readback(gpu, 16);
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    readback.start("time a pass", () => {
      const encoder = device.createCommandEncoder();
      record(encoder, {
        querySet,
        beginningOfPassWriteIndex: 0,
        endOfPassWriteIndex: 1,
      });
      encoder.resolveQuerySet(querySet, 0, 2, resolved, 0);
      readback.copy(encoder, resolved, { bytes: 16 });
      device.queue.submit([encoder.finish()]);
    });
    const [begin, end] = new BigUint64Array(await readback.finish(16));
    times.push(Number(end! - begin!) / 1e6);
  }
  querySet.destroy();
  resolved.destroy();
  times.sort((a, b) => a - b);
  return { best: times[0]!, median: times[runs >> 1]! };
}
