import assert from "node:assert/strict";
import fc from "fast-check";
import { gpuTest } from "../../tests/wgsl/device.ts";
import { BUFFER_USE } from "./_usage.ts";
import type { Gpu } from "./device.ts";
import { PipelineCache } from "./webgpu_program.ts";
import { Readback } from "./webgpu_readback.ts";
import { DeviceShortList, readShortList } from "./webgpu_short_list.ts";

type Values = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

/** What the device finds, ordered: larger first, equals by id. */
async function found(
  gpu: Gpu,
  cache: PipelineCache,
  values: Values,
  size: number,
): Promise<{ id: number; value: number }[]> {
  const isFloat = values instanceof Float32Array;
  const logits = gpu.device.createBuffer({
    size: values.byteLength,
    usage: BUFFER_USE.storage | BUFFER_USE.copyTo,
  });
  gpu.device.queue.writeBuffer(logits, 0, values);
  const list = await DeviceShortList.create(gpu, cache, {
    logits,
    vocabulary: values.length,
    isFloat,
    size,
  });
  using readback = new Readback(gpu, 8 * size);
  readback.start("find the largest", () => {
    const encoder = gpu.device.createCommandEncoder();
    list.encode(encoder);
    readback.copy(encoder, list.buffer, { bytes: 8 * size });
    gpu.device.queue.submit([encoder.finish()]);
  });
  const { ids, data } = readShortList(await readback.finish(8 * size), {
    data: values,
    rows: 1,
    exponent: 0,
  });
  list.dispose();
  logits.destroy();
  return order(Array.from(ids, (id, at) => ({ id, value: data[at]! })));
}

function order(list: { id: number; value: number }[]) {
  const rank = (value: number) => Number.isNaN(value) ? Infinity : value;
  return list.sort((a, b) =>
    a.value === b.value ? a.id - b.id : rank(b.value) > rank(a.value) ? 1 : -1
  );
}

/** The same by sorting. */
function expected(values: Values, size: number) {
  return order(Array.from(values, (value, id) => ({ id, value })))
    .slice(0, size);
}

gpuTest("the largest floats are found, of equals the first", async (gpu) => {
  const cache = new PipelineCache(gpu);
  const element = fc.oneof(
    fc.float({ noNaN: true }),
    fc.constantFrom(1, 0, -0, -1, Infinity, -Infinity, 1e-45, -1e-45),
  );
  const cases = fc.sample(
    fc.tuple(
      fc.array(element, { minLength: 40, maxLength: 40 }),
      fc.constantFrom(1, 7, 40),
    ),
    24,
  );
  for (const [list, size] of cases) {
    const values = Float32Array.from(list);
    assert.deepEqual(
      await found(gpu, cache, values, size),
      expected(values, size),
    );
  }
});

gpuTest("the largest integers are found in a large vocabulary", async (gpu) => {
  const cache = new PipelineCache(gpu);
  const values = new Int32Array(5003);
  for (let i = 0; i < values.length; i++) {
    values[i] = Math.imul(i, 0x9e3779b1) >> (i % 3 === 0 ? 0 : 24);
  }
  assert.deepEqual(
    await found(gpu, cache, values, 300),
    expected(values, 300),
  );
  values.fill(-5); // nothing but ties
  assert.deepEqual(
    (await found(gpu, cache, values, 9)).map(({ id }) => id),
    [0, 1, 2, 3, 4, 5, 6, 7, 8],
  );
});

gpuTest(
  "a number that is none comes first, so that it is seen",
  async (gpu) => {
    const cache = new PipelineCache(gpu);
    const values = new Float32Array(100).map((_, i) => i);
    new Uint32Array(values.buffer)[50] = 0xffc00000; // negative in its sign
    const [first, second] = await found(gpu, cache, values, 2);
    assert.ok(first?.id === 50 && Number.isNaN(first.value));
    assert.equal(second?.id, 99);
  },
);
