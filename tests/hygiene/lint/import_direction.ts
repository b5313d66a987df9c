import { fromRoot, isTest, layerOf, LAYERS } from "../layers.ts";

/**
 * Keeps imports one-way: a layer imports the layers listed for it, only through
 * their `mod.ts`, and a file that starts with `_` stays inside its own folder.
 * Tests span layers, so only `mod.ts` binds them, and those under `tests/` and
 * the tools may reach anything.
 */
export const importDirection: Deno.lint.Rule = {
  create(context) {
    const file = fromRoot(context.filename);
    const from = layerOf(file);
    const bound = from !== undefined || /^(?:mod\.ts$|bench\/)/.test(file);
    const check = (node: Importing): void => {
      const specifier = node.source?.value;
      if (!bound || typeof specifier !== "string") return;
      if (!specifier.startsWith(".")) return;
      const path = new URL(specifier, `file:///${file}`).pathname.slice(1);
      const say = (message: string, hint?: string): void =>
        context.report({
          node: node as Deno.lint.Node,
          message,
          ...(hint === undefined ? {} : { hint }),
        });
      if (/(?:^|\/)_[^/]*$/.test(path) && folderOf(path) !== folderOf(file)) {
        return say(`Only files of ${folderOf(path)} may import ${path}`);
      }
      const to = layerOf(path);
      if (to === from) return;
      if (to === undefined) {
        if (!isTest(file) && /^(?:tests|tools|bench)\//.test(path)) {
          say(`${file} must not import ${path}, which users do not get`);
        }
        return;
      }
      const allowed = LAYERS[from ?? ""] ?? [];
      if (from !== undefined && !isTest(file) && !allowed.includes(to)) {
        say(
          `${from} must not import ${to}`,
          `${from} may import: ${allowed.join(", ") || "nothing"}`,
        );
      } else if (!path.endsWith("/mod.ts")) {
        say(`Import the mod.ts of ${to}, not a file inside it`);
      }
    };
    return {
      ImportDeclaration: (node) => check(node as Importing),
      ExportNamedDeclaration: (node) => check(node as Importing),
      ExportAllDeclaration: (node) => check(node as Importing),
      ImportExpression: (node) => check(node as unknown as Importing),
    };
  },
};

/** What the four kinds of import have in common. */
type Importing = { source: { value?: unknown } | null };

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1) || "./";
}
