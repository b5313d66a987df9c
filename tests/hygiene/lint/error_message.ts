import { fromRoot, isTest, layerOf } from "../layers.ts";

/** The classes whose first argument is always the message. */
const BUILT_IN_REGEXP = /^(?:Error|(?:Eval|Range|Reference|Syntax|Type)Error)$/;

/**
 * Keeps errors in one voice: `Cannot <act> <object> as <rule>: <what was there>`.
 * Class names that end in `Error` count, and so do `super(...)` calls inside
 * them; the first argument of an own class is looked at only if it has a space,
 * as it may be an op's name rather than a message.
 */
export const errorMessage: Deno.lint.Rule = {
  create(context) {
    const file = fromRoot(context.filename);
    const strict = layerOf(file) !== undefined && !isTest(file);
    const check = (
      argument: Deno.lint.Node | undefined,
      certain: boolean,
    ): void => {
      const text = textOf(argument);
      if (argument === undefined || text === undefined) return;
      if (!certain && !/\s/.test(text)) return;
      for (const message of problems(text, strict)) {
        context.report({ node: argument, message });
      }
    };
    return {
      NewExpression(node) {
        if (node.callee.type !== "Identifier") return;
        const name = node.callee.name;
        if (!name.endsWith("Error")) return;
        check(node.arguments[0], BUILT_IN_REGEXP.test(name));
      },
      "ClassDeclaration[superClass.name=/Error$/] CallExpression[callee.type='Super']"(
        node: Deno.lint.CallExpression,
      ) {
        check(node.arguments[0], true);
      },
    };
  },
};

/** The written text of a message, with a NUL for each part known only at run time. */
function textOf(node: Deno.lint.Node | undefined): string | undefined {
  if (node?.type === "Literal" && typeof node.value === "string") {
    return node.value;
  }
  if (node?.type === "TemplateLiteral") {
    return node.quasis.map((quasi) => quasi.cooked).join("\0");
  }
  return undefined;
}

function problems(text: string, strict: boolean): string[] {
  const found: string[] = [];
  if (/^(?:Invalid|Bad|Wrong|Unexpected)\b/.test(text)) {
    found.push("Say what could not be done, not that something is invalid");
  } else if (/^[^A-Z\0]/.test(text)) {
    found.push("Start an error message with a capital");
  } else if (strict && !/^(?:Cannot |\0)/.test(text)) {
    found.push('Start an error message with "Cannot" and what was to be done');
  }
  if (/[.!]$/.test(text)) {
    found.push("End an error message without a full stop");
  }
  if (/\w'(?:t|s|re|ve|ll)\b/.test(text)) {
    found.push("Write error messages without contractions");
  }
  return found;
}
