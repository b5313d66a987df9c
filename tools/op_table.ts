/**
 * Makes the README's table of ops out of the op table and the targets' own
 * tables: `deno run -A tools/op_table.ts` rewrites it in place, a test compares.
 */
import { type OpName, OPS, opSpec } from "../src/ir/mod.ts";
import { REFERENCE_OPS } from "../src/reference/mod.ts";
import { VERILOG_OPS } from "../src/verilog/lower.ts";
import { EMIT } from "../src/wgsl/mod.ts";

const BEGIN = "<!-- op table: made by tools/op_table.ts -->";
const END = "<!-- end of op table -->";

/** Whether a target's table has an op. */
function mark(table: object, name: string): string {
  return Object.hasOwn(table, name) ? "yes" : "-";
}

/**
 * Makes the table.
 *
 * @returns Markdown, columns padded as `deno fmt` pads them.
 */
export function opTable(): string {
  const rows = [
    ["op", "profile", "reference", "webgpu", "rtl", "computes"],
    ...Object.keys(OPS).map((name) => {
      const { profile, doc } = opSpec(name as OpName);
      return [
        `\`${name}\``,
        profile,
        mark(REFERENCE_OPS, name),
        mark(EMIT, name),
        mark(VERILOG_OPS, name),
        doc.replaceAll("|", "\\|"),
      ];
    }),
  ];
  const widths = rows[0]!.map((_, c) =>
    Math.max(...rows.map((row) => row[c]!.length))
  );
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, c) => cell.padEnd(widths[c]!)).join(" | ")} |`;
  const rule = `| ${widths.map((w) => "-".repeat(w)).join(" | ")} |`;
  return [line(rows[0]!), rule, ...rows.slice(1).map(line)].join("\n");
}

/**
 * Puts the table into a text between its two marks.
 *
 * @param text The README.
 * @returns The README with a fresh table.
 * @throws {TypeError} If a mark is missing.
 */
export function withOpTable(text: string): string {
  const from = text.indexOf(BEGIN);
  const to = text.indexOf(END);
  if (from < 0 || to < from) {
    throw new TypeError("Cannot place the op table as a mark is missing");
  }
  return `${text.slice(0, from)}${BEGIN}\n\n${opTable()}\n\n${text.slice(to)}`;
}

if (import.meta.main) {
  const readme = new URL("../README.md", import.meta.url);
  const text = await Deno.readTextFile(readme);
  await Deno.writeTextFile(readme, withOpTable(text));
}
