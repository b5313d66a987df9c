import assert from "node:assert/strict";
import { assertError, call, Scratch } from "../../../tests/command_line.ts";

Deno.test("synth refuses what it cannot synthesize for, and says what it can", async () => {
  const refused: [string[], RegExp][] = [
    [[], /as one of --board and --family says what for\n$/],
    [["--board", "ulx3s", "--family", "ecp5"], /one of --board and --family/],
    [["--board", "none"], /as the boards are up5k, ulx3s, tang-nano-20k, /],
    [
      ["--board", "ulx3s", "--device", "up5k"],
      /--device goes with --family\n$/,
    ],
    [
      ["--family", "max10"],
      /as the families are ice40, ecp5, gowin, xc7, xcup\n$/,
    ],
  ];
  for (const [args, message] of refused) {
    assertError(await call("synth", "demo", ...args), 2, message);
  }
});

Deno.test("synth refuses another hardware for a bundle", async () => {
  await using scratch = await Scratch.create();
  await Deno.writeTextFile(`${scratch.path}/manifest.json`, "{}");
  await Deno.writeTextFile(`${scratch.path}/files.f`, "");
  const args = [scratch.path, "--board", "ulx3s"];
  assertError(
    await call("synth", ...args, "--hw", "busBits=32"),
    2,
    /as a bundle has its own: name a model\n$/,
  );
  assertError(
    await call("synth", ...args),
    2,
    /as it must be the manifest of a Verilog bundle: no top module\n$/,
  );
});

Deno.test("synth's usage names boards and families", async () => {
  const { out } = await call("synth", "--help");
  assert.match(out, /ulx3s/);
  assert.match(out, /xcup/);
});
