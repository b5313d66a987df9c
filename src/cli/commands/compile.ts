import { compile } from "../../compile/mod.ts";
import type { Profile } from "../../ir/mod.ts";
import type { Command } from "../command.ts";
import { writeFolder } from "../folders.ts";
import { openModelAt } from "../models.ts";
import { readHardware } from "../rtl.ts";
import { note } from "../terminal.ts";

/** `sterna compile`. */
export const compileCommand: Command = {
  name: "compile",
  positionals: ["model"],
  required: 1,
  doc: "writes a self-contained folder: kernels and a loader, or RTL",
  example: "sterna compile demo --target verilog --out demo-rtl",
  options: {
    target: {
      type: "text",
      value: "NAME",
      doc: "wgsl or verilog (required)",
    },
    out: {
      type: "text",
      value: "DIR",
      doc: "the folder to write; must be new or empty (required)",
    },
    profile: {
      type: "text",
      value: "NAME",
      doc: "float (default of wgsl) or int (default and only one of verilog)",
    },
    hw: {
      type: "text",
      value: "HW",
      doc: "the hardware of verilog: a preset, a JSON file, or key=value,...",
    },
  },
  async run({ options, positionals }) {
    const target = options.text("target");
    const profile = options.text("profile");
    const out = options.text("out");
    if (target !== "wgsl" && target !== "verilog") {
      throw new TypeError(
        `Cannot compile to ${
          target ?? "nothing"
        } as --target is wgsl or verilog`,
      );
    }
    if (profile !== undefined && profile !== "float" && profile !== "int") {
      throw new TypeError(
        `Cannot compile the profile ${profile} as profiles are float and int`,
      );
    }
    if (out === undefined) throw new TypeError("Cannot compile without --out");
    const hardware = await readHardware(options.text("hw"));
    using opened = await openModelAt(positionals[0]!);
    await writeFolder(out, async (open) => {
      await compile(opened.model, {
        target,
        hardware,
        ...(profile === undefined ? {} : { profile: profile as Profile }),
      }, open);
    });
    note(`Wrote ${out}`);
    return 0;
  },
};
