import assert from "node:assert/strict";
import { assertError, call } from "../../tests/command_line.ts";
import { COMMANDS } from "./commands/table.ts";
import { parseOptions } from "./options.ts";

Deno.test("help lists every command, and each command its options", async () => {
  for (const args of [["--help"], ["-h"], ["help"]]) {
    const { status, out, err } = await call(...args);
    assert.deepEqual([status, err], [0, ""]);
    for (const { name, doc } of COMMANDS) {
      assert.match(out, new RegExp(`^  sterna ${name}( .*)? ${doc}$`, "m"));
    }
  }
  for (const { name, options, example } of COMMANDS) {
    const { status, out, err } = await call(name, "--help");
    assert.deepEqual([status, err], [0, ""]);
    const unfolded = out.replace(/\s+/g, " ");
    for (const [option, { doc }] of Object.entries(options)) {
      assert.ok(out.includes(`--${option} `) && unfolded.includes(doc));
    }
    assert.ok(out.includes(example));
    for (const line of out.split("\n")) assert.ok(line.length < 120, line);
  }
});

Deno.test("every example is one that its command accepts", () => {
  for (const { name, options, example, required, positionals } of COMMANDS) {
    const words = [...example.matchAll(/"([^"]*)"|(\S+)/g)]
      .map(([, quoted, plain]) => quoted ?? plain!);
    assert.deepEqual(words.slice(0, 2), ["sterna", name]);
    const { positionals: given } = parseOptions(words.slice(2), options);
    assert.ok(given.length >= required && given.length <= positionals.length);
  }
});

Deno.test("no command, an unknown one, and a wrong number of arguments are refused", async () => {
  assertError(
    await call(),
    2,
    /^sterna: Cannot run without a command: sterna --help lists them\n$/,
  );
  assertError(
    await call("nope"),
    2,
    /Cannot run nope as the commands are run, /,
  );
  assertError(
    await call("__proto__"),
    2,
    /Cannot run __proto__ as the commands/,
  );
  for (const { name, required, positionals } of COMMANDS) {
    if (required > 0) assertError(await call(name), 2, /: 0 were given\n$/);
    const many = positionals.map(() => "x").concat("x");
    assertError(
      await call(name, ...many),
      2,
      new RegExp(`Cannot run ${name} `),
    );
    assertError(await call(name, "--none"), 2, /Unknown option '--none'\n$/);
  }
});

Deno.test("a stack trace comes only with --debug", async () => {
  const plain = await call("info", "/none");
  assertError(plain, 2, /Cannot open \/none/);
  const debug = await call("info", "--debug", "/none");
  assert.equal(debug.status, 2);
  assert.equal(debug.out, "");
  assert.ok(debug.err.startsWith(plain.err));
  assert.match(debug.err, /\n {4}at .*models\.ts/);
});
