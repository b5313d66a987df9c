/** The usage texts, made of the commands' own tables. */
import type { Command } from "./command.ts";

function signature({ name, positionals, required }: Command): string {
  const args = positionals.map((p, i) => i < required ? `<${p}>` : `[<${p}>]`);
  return ["sterna", name, ...args].join(" ");
}

/**
 * Lists all commands.
 *
 * @param commands Every command.
 * @returns The text of `sterna --help`.
 */
export function listCommands(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((c) => signature(c).length)) + 2;
  const lines = commands
    .map((c) => `  ${signature(c).padEnd(width)}${c.doc}`);
  return [
    "Sterna runs small language models as TypeScript, WebGPU kernels and Verilog.",
    "",
    "Usage: sterna <command> [options]; sterna <command> --help lists its options",
    "",
    ...lines,
    "",
    "A <model> is a .sterna or .gguf file, a checkpoint folder, a .safetensors file",
    "beside its config.json, a name that `sterna models` lists, such as demo, or",
    "hf:owner/repo[/file][@revision] on the Hugging Face hub; what is not here yet",
    "is fetched.",
    "",
  ].join("\n");
}

/** Columns of a text that is not to be folded by a terminal. */
const COLUMNS = 110;

/** Cuts a text into lines that fit beside a column. */
function wrap(text: string, indent: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    const longer = line === "" ? word : `${line} ${word}`;
    const fits = indent + longer.length <= COLUMNS || line === "";
    if (fits) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/**
 * Describes one command.
 *
 * @param command The command.
 * @returns The text of `sterna <command> --help`.
 */
export function describeCommand(command: Command): string {
  const rows = Object.entries(command.options).map(([name, spec]) => {
    const value = spec.type === "flag" ? "" : ` ${spec.value ?? "VALUE"}`;
    return [`  --${name}${value}`, spec.doc] as const;
  });
  const width = Math.max(0, ...rows.map(([left]) => left.length)) + 2;
  return [
    `Usage: ${signature(command)} [options]`,
    "",
    command.doc,
    "",
    ...rows.map(([left, doc]) =>
      left.padEnd(width) + wrap(doc, width).join(`\n${" ".repeat(width)}`)
    ),
    "",
    `Example: ${command.example}`,
    "",
  ].join("\n");
}
