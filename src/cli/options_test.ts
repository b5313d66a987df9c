import assert from "node:assert/strict";
import { parseOptions } from "./options.ts";

const SPECS = {
  name: { type: "text", doc: "a text" },
  many: { type: "text", doc: "several", multiple: true },
  count: { type: "integer", doc: "an integer", least: 1, most: 10 },
  open: { type: "integer", doc: "an integer", least: 2 },
  rate: { type: "number", doc: "a number", least: -1, most: 1 },
  flag: { type: "flag", doc: "a flag" },
} as const;

function parse(...args: string[]) {
  return parseOptions(args, SPECS);
}

Deno.test("options are read by their types, and arguments apart", () => {
  const { options, positionals } = parse(
    "model",
    "--name=a b",
    "--count",
    "3",
    "--rate",
    "-0.5",
    "--flag",
    "other",
  );
  assert.deepEqual(positionals, ["model", "other"]);
  assert.equal(options.text("name"), "a b");
  assert.equal(options.number("count"), 3);
  assert.equal(options.number("rate"), -0.5);
  assert.equal(options.flag("flag"), true);
  assert.equal(parse().options.text("name"), undefined);
  assert.equal(parse().options.number("count"), undefined);
  assert.equal(parse().options.flag("flag"), false);
  assert.deepEqual(parse().options.list("many"), []);
});

Deno.test("an option that may come several times keeps all its values", () => {
  const { options } = parse("--many", "a", "--many=b", "--many", "a");
  assert.deepEqual(options.list("many"), ["a", "b", "a"]);
});

Deno.test("a dash or a negative number is a value, not an option", () => {
  assert.equal(parse("--name", "-").options.text("name"), "-");
  assert.equal(parse("--name", "-1,2").options.text("name"), "-1,2");
  assert.equal(parse("--name=--x").options.text("name"), "--x");
  assert.equal(parse("--rate", "-.5").options.number("rate"), -0.5);
});

Deno.test("numbers are decimal, as people write them", () => {
  const rows: [string, number][] = [
    ["3", 3],
    ["+3", 3],
    ["3.0", 3],
    ["1e1", 10],
    ["0.1e1", 1],
  ];
  for (const [text, value] of rows) {
    assert.equal(parse(`--count=${text}`).options.number("count"), value);
  }
});

Deno.test("what is no option, or no value of it, is refused", () => {
  const T = "TypeError";
  const R = "RangeError";
  const rows: [string[], string, RegExp][] = [
    [["--none"], T, /^Cannot read the arguments: Unknown option '--none'$/],
    [["-n"], T, /^Cannot read the arguments: Unknown option '-n'$/],
    [["--flag=1"], T, /^Cannot read the arguments: .*'--flag' does not take/],
    [["--name"], T, /^Cannot read the arguments: .*'--name <value>'/],
    [["--name", "--flag"], T, /^Cannot read the arguments: .*ambiguous$/],
    [["--__proto__=1"], T, /^Cannot read the arguments: Unknown option/],
    [["--name=a", "--name=a"], T, /^Cannot use --name as it may come once/],
    [["--count=x"], T, /^Cannot use --count as it takes an integer: x$/],
    [["--count="], T, /^Cannot use --count as it takes an integer: $/],
    [["--count=1.5"], T, /^Cannot use --count as it takes an integer: 1\.5$/],
    [["--count=0x3"], T, /^Cannot use --count as it takes an integer: 0x3$/],
    [["--count=3 "], T, /^Cannot use --count as it takes an integer: 3 $/],
    [["--count=1e999"], T, /^Cannot use --count as it takes an integer/],
    [["--open=1e16"], T, /^Cannot use --open as it takes an integer: 1e16$/],
    [["--rate=NaN"], T, /^Cannot use --rate as it takes a number: NaN$/],
    [["--rate=Infinity"], T, /^Cannot use --rate as it takes a number/],
    [["--count=0"], R, /^Cannot use --count as it must be in 1\.\.10: 0$/],
    [["--count=11"], R, /^Cannot use --count as it must be in 1\.\.10: 11$/],
    [["--count", "-3"], R, /^Cannot use --count as it must be in 1\.\.10: -3$/],
    [["--open=1"], R, /^Cannot use --open as it must be at least 2: 1$/],
    [["--rate=1.01"], R, /^Cannot use --rate as it must be in -1\.\.1: 1\.01$/],
  ];
  for (const [args, name, message] of rows) {
    assert.throws(() => parse(...args), { name, message }, args.join(" "));
  }
});
