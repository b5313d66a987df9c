import { fromRoot, isTest } from "../layers.ts";

/** Names of the host that only the command line may use. */
const HOST: ReadonlySet<string> = new Set(["Deno", "console", "process"]);

/**
 * Keeps everything under `src/` but the command line runnable in a browser: no
 * `Deno`, no `console`, no `process`, no `node:` module. Bytes come in as a
 * source and the WebGPU device is passed in.
 */
export const platform: Deno.lint.Rule = {
  create(context) {
    const file = fromRoot(context.filename);
    if (!file.startsWith("src/") || file.startsWith("src/cli/")) return {};
    if (isTest(file)) return {};
    const say = (node: Deno.lint.Node, what: string): void =>
      context.report({
        node,
        message: `Only src/cli may use ${what}`,
        hint: "Pass in what the code needs",
      });
    const checkSource = (
      node: Deno.lint.Node,
      source: { value?: unknown } | null,
    ): void => {
      const specifier = source?.value;
      if (typeof specifier === "string" && specifier.startsWith("node:")) {
        say(node, specifier);
      }
    };
    return {
      MemberExpression(node) {
        const { object, property } = node;
        if (object.type !== "Identifier") return;
        if (HOST.has(object.name)) say(node, object.name);
        if (object.name !== "globalThis") return;
        if (property.type === "Identifier" && HOST.has(property.name)) {
          say(node, property.name);
        }
      },
      TSQualifiedName(node) {
        if (node.left.type === "Identifier" && node.left.name === "Deno") {
          say(node, "Deno");
        }
      },
      VariableDeclarator(node) {
        if (node.init?.type === "Identifier" && HOST.has(node.init.name)) {
          say(node, node.init.name);
        }
      },
      ImportDeclaration: (node) => checkSource(node, node.source),
      ExportNamedDeclaration: (node) => checkSource(node, node.source),
      ExportAllDeclaration: (node) => checkSource(node, node.source),
      ImportExpression: (node) =>
        checkSource(node, node.source as { value?: unknown }),
    };
  },
};
