import assert from "node:assert/strict";
import { Scratch } from "../../../tests/command_line.ts";
import {
  FileServer,
  type Served,
  sha256Of,
  someBytes,
} from "../../../tests/file_server.ts";
import { type Download, download } from "./download.ts";

const NETWORK = { stallMs: 300, retryMs: 1, attempts: 3 };

const BYTES = someBytes(50_000);

/** Serves a file, and downloads it. */
async function attempt(
  served: Partial<Served>,
  what: (url: string) => Promise<Partial<Download>> | Partial<Download>,
  before?: (path: string) => Promise<void>,
): Promise<{
  outcome: Uint8Array<ArrayBuffer> | Error;
  ranges: (string | null)[];
  files: string[];
}> {
  await using scratch = await Scratch.create();
  await using server = new FileServer();
  server.put("/m.gguf", { bytes: BYTES, ...served });
  const path = `${scratch.path}/m.gguf`;
  await before?.(path);
  const url = new URL(`${server.url}/m.gguf`);
  let outcome: Uint8Array<ArrayBuffer> | Error;
  try {
    const more = await what(server.url);
    await download({ name: "m", url, ...more }, path, { network: NETWORK });
    outcome = await Deno.readFile(path);
  } catch (error) {
    outcome = error as Error;
  }
  const ranges = server.asked.map(({ range }) => range);
  return { outcome, ranges, files: scratch.list() };
}

async function known(): Promise<Partial<Download>> {
  return {
    bytes: BYTES.length,
    digest: { kind: "sha256", hex: await sha256Of(BYTES) },
  };
}

Deno.test("a file appears under its name when its hash is right, and nothing else stays", async () => {
  for (const chunked of [false, true]) {
    const { outcome, files } = await attempt({ chunked }, known);
    assert.deepEqual(outcome, BYTES);
    assert.deepEqual(files, ["m.gguf"]);
  }
  const { outcome } = await attempt({}, () => ({}));
  assert.deepEqual(outcome, BYTES, "without a size and a hash");
});

Deno.test("one flipped byte is refused, and nothing of the file stays", async () => {
  const bytes = BYTES.slice();
  bytes[31_000]! ^= 1;
  const { outcome, files } = await attempt({ bytes }, known);
  assert.match(
    (outcome as Error).message,
    /^Cannot use m as its sha256 hash must be [0-9a-f]{64}: it is [0-9a-f]{64}$/,
  );
  assert.deepEqual(files, []);
});

Deno.test("a download goes on behind what an interrupted one left", async () => {
  const half = (path: string): Promise<void> =>
    Deno.writeFile(`${path}.part`, BYTES.slice(0, 20_000));
  const resumed = await attempt({}, known, half);
  assert.deepEqual(resumed.outcome, BYTES);
  assert.deepEqual(resumed.ranges, ["bytes=20000-"]);
  // A server that knows no ranges sends all of it.
  const whole = await attempt({ whole: true }, known, half);
  assert.deepEqual(whole.outcome, BYTES);
  // All of it was there already.
  const done = await attempt(
    {},
    known,
    (path) => Deno.writeFile(`${path}.part`, BYTES),
  );
  assert.deepEqual(done.outcome, BYTES);
  assert.deepEqual(done.ranges, []);
});

Deno.test("an answer with another range than was asked for is refused", async () => {
  const { outcome } = await attempt(
    { shift: 5 },
    known,
    (path) => Deno.writeFile(`${path}.part`, BYTES.slice(0, 20_000)),
  );
  assert.match(
    (outcome as Error).message,
    /as its range must begin at 20000: bytes 20005-49999\/50000$/,
  );
});

Deno.test("what an interrupted download left and is damaged comes anew", async () => {
  const damaged = await attempt({}, known, async (path) => {
    await Deno.writeFile(`${path}.part`, new Uint8Array(20_000));
  });
  assert.deepEqual(damaged.outcome, BYTES);
  assert.deepEqual(damaged.ranges, ["bytes=20000-", null]);
  const longer = await attempt({}, known, async (path) => {
    await Deno.writeFile(`${path}.part`, new Uint8Array(60_000));
  });
  assert.deepEqual(longer.outcome, BYTES);
  assert.deepEqual(longer.ranges, [null]);
});

Deno.test("without a hash, a download goes on only while the server has the same version", async () => {
  const left = (version?: string) => async (path: string): Promise<void> => {
    await Deno.writeFile(`${path}.part`, BYTES.slice(0, 20_000));
    if (version !== undefined) {
      await Deno.writeTextFile(`${path}.part.version`, version);
    }
  };
  const headers = { etag: '"one"' };
  const same = await attempt({ headers }, () => ({}), left('"one"'));
  assert.deepEqual(same.outcome, BYTES);
  assert.deepEqual(same.ranges, ["bytes=20000-"]);
  assert.deepEqual(same.files, ["m.gguf"]);
  const other = await attempt({ headers }, () => ({}), left('"two"'));
  assert.deepEqual(other.outcome, BYTES);
  const none = await attempt({ headers }, () => ({}), left());
  assert.deepEqual(none.outcome, BYTES);
  assert.deepEqual(none.ranges, [null]);
});

Deno.test("a connection that breaks is taken up again where it broke", async () => {
  for (const whole of [false, true]) {
    const { outcome, ranges } = await attempt(
      { breakAfter: 20_000, whole },
      known,
    );
    if (whole) {
      // It never gets further: the tries end.
      assert.match((outcome as Error).message, /^Cannot fetch http:/);
      assert.equal(ranges.length, 3);
    } else {
      assert.deepEqual(outcome, BYTES);
      assert.equal(ranges[0], null);
      assert.ok(ranges.length >= 3);
    }
  }
});

Deno.test("an answer that ends too early without an error is noticed by its size", async () => {
  const short = { chunked: true, breakAfter: 30_000, whole: true };
  const { outcome, files } = await attempt(short, known);
  assert.match(
    (outcome as Error).message,
    /as it must have 50000 bytes: it ended after 30000$/,
  );
  assert.deepEqual(files, ["m.gguf.part"]);
});

Deno.test("an answer of another size than it must have is refused", async () => {
  const bytes = someBytes(60_000);
  const stated = await attempt({ bytes }, known);
  assert.match(
    (stated.outcome as Error).message,
    /as it must have 50000 bytes: the server offers 60000$/,
  );
  const unstated = await attempt({ bytes, chunked: true }, known);
  assert.match(
    (unstated.outcome as Error).message,
    /as it must have 50000 bytes: the server sends more$/,
  );
});

Deno.test("a slow server is waited for, a silent one is not", async () => {
  const slow = await attempt(
    { bytes: BYTES.slice(0, 5_000), pieceMs: 100 },
    () => ({}),
  );
  assert.deepEqual(slow.outcome, BYTES.slice(0, 5_000));
  const silent = await attempt({ silent: true }, known);
  assert.match(
    (silent.outcome as Error).message,
    /as the server was silent for 0\.3 s$/,
  );
  assert.equal(silent.ranges.length, 3);
});

Deno.test("a refusal that may pass is tried again, any other is not", async () => {
  const later = await attempt({ failures: [503, 429] }, known);
  assert.deepEqual(later.outcome, BYTES);
  const busy = await attempt({ failures: [500, 500, 500, 500] }, known);
  assert.match((busy.outcome as Error).message, /status 500$/);
  for (const status of [401, 403, 404, 410]) {
    const { outcome, ranges } = await attempt({ failures: [status] }, known);
    assert.match((outcome as Error).message, new RegExp(`status ${status}$`));
    assert.equal((outcome as Error).name, "TransferError");
    assert.equal(ranges.length, 1);
  }
});
