/** Every command, in the order of the usage text. */
import type { Command } from "../command.ts";
import { benchCommand } from "./bench.ts";
import { chatCommand } from "./chat.ts";
import { compileCommand } from "./compile.ts";
import { estimateCommand } from "./estimate.ts";
import { evalCommand } from "./eval.ts";
import { importCommand } from "./import.ts";
import { infoCommand } from "./info.ts";
import { logitsCommand } from "./logits.ts";
import { modelsCommand } from "./models.ts";
import { pullCommand } from "./pull.ts";
import { runCommand } from "./run.ts";
import { synthCommand } from "./synth.ts";
import { sweepCommand } from "./sweep.ts";
import { tokenizeCommand } from "./tokenize.ts";
import { verifyCommand } from "./verify.ts";

/** Every command. */
export const COMMANDS: readonly Command[] = [
  runCommand,
  chatCommand,
  infoCommand,
  importCommand,
  verifyCommand,
  compileCommand,
  estimateCommand,
  sweepCommand,
  benchCommand,
  synthCommand,
  evalCommand,
  logitsCommand,
  tokenizeCommand,
  modelsCommand,
  pullCommand,
];
