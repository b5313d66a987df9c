/**
 * Loads a compiled model beside this file onto a WebGPU device, in Deno, Node or a
 * browser. `plan.json` has everything in the form of WebGPU's own descriptors:
 *
 *     resources   buffers and textures to create
 *     contents    what weights.bin fills of them, in its order
 *     pipelines   kernels with the values of their overrides
 *     steps       what one token runs: pipeline, bindings, workgroups
 *     ids         the buffer that a token's id goes into, and the next one comes from
 *     run         the buffer that a token's position goes into, if `positions` says so
 *     context     how many tokens there is room for, if they are counted
 */

/** Gives pieces of a file, one after the other. */
async function openPieces(url) {
  const reader = (await fetch(url)).body.getReader();
  let rest = new Uint8Array(0);
  return async (length) => {
    const piece = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      if (rest.length === 0) {
        const { done, value } = await reader.read();
        if (done) {
          throw new Error("Cannot load " + url + " as it ends too early");
        }
        rest = value;
      }
      const part = rest.subarray(0, length - filled);
      piece.set(part, filled);
      filled += part.length;
      rest = rest.subarray(part.length);
    }
    return piece;
  };
}

/** Creates the resources of a plan and fills them. */
async function createResources(device, plan, weights) {
  const resources = plan.resources.map(({ buffer, texture }) =>
    buffer ? device.createBuffer(buffer) : device.createTexture(texture)
  );
  const take = await openPieces(weights);
  for (const { resource, bytes, layout, size } of plan.contents) {
    const to = resources[resource];
    const piece = await take(bytes);
    if (size === undefined) device.queue.writeBuffer(to, 0, piece);
    else device.queue.writeTexture({ texture: to }, piece, layout, size);
  }
  return resources;
}

/** Compiles the kernels and binds the resources to every step. */
async function createSteps(device, plan, { resources, base }) {
  const modules = new Map();
  for (const { file } of plan.pipelines) {
    if (modules.has(file)) continue;
    const code = await (await fetch(new URL(file, base))).text();
    modules.set(file, device.createShaderModule({ label: file, code }));
  }
  const pipelines = plan.pipelines.map(({ file, constants }) =>
    device.createComputePipeline({
      layout: "auto",
      compute: { module: modules.get(file), entryPoint: "main", constants },
    })
  );
  return plan.steps.map(({ pipeline, bindings, groups }) => {
    const layout = pipelines[pipeline].getBindGroupLayout(0);
    const entries = bindings.map(({ resource, offset, size }, binding) => ({
      binding,
      resource: size === undefined
        ? resources[resource].createView()
        : { buffer: resources[resource], offset, size },
    }));
    const group = device.createBindGroup({ layout, entries });
    return { pipeline: pipelines[pipeline], group, groups };
  });
}

/**
 * Loads the model of a folder.
 *
 * @param {GPUDevice} device A device with WebGPU's default limits.
 * @param {string} base URL of the folder's `plan.json`.
 * @returns {Promise<(id: number) => Promise<number>>} Runs one token of a text and
 * gives the id that the model would choose to follow it.
 */
export async function load(device, base) {
  const plan = await (await fetch(base)).json();
  const weights = new URL("weights.bin", base);
  const resources = await createResources(device, plan, weights);
  const steps = await createSteps(device, plan, { resources, base });
  const ids = resources[plan.ids];
  const MAP_READ_AND_COPY_TO = 0x1 | 0x8;
  const chosen = device.createBuffer({ size: 4, usage: MAP_READ_AND_COPY_TO });
  let position = 0;
  return async (id) => {
    if (position === plan.context) {
      throw new Error(
        "Cannot run a token as the context holds " + plan.context +
          ": all are in it",
      );
    }
    device.queue.writeBuffer(ids, 0, Int32Array.of(id));
    if (plan.positions) {
      const run = Uint32Array.of(1, position, 0, 0);
      device.queue.writeBuffer(resources[plan.run], 0, run);
    }
    position++;
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const { pipeline, group, groups } of steps) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...groups);
    }
    pass.end();
    encoder.copyBufferToBuffer(ids, 0, chosen, 0, 4);
    device.queue.submit([encoder.finish()]);
    await chosen.mapAsync(1);
    const [next] = new Int32Array(chosen.getMappedRange().slice(0));
    chosen.unmap();
    return next;
  };
}
