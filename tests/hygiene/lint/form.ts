/** A function at the top of a module is a `function`; arrows are for closures. */
export const topLevelFunction: Deno.lint.Rule = {
  create(context) {
    const check = (node: Deno.lint.VariableDeclarator): void => {
      if (node.init?.type !== "ArrowFunctionExpression") return;
      context.report({
        node,
        message: "Write a top-level function with the word function",
      });
    };
    return {
      "Program > VariableDeclaration > VariableDeclarator": check,
      "Program > ExportNamedDeclaration > VariableDeclaration > VariableDeclarator":
        check,
    };
  },
};

/**
 * Private means `#field`, which holds at run time too. A constructor parameter
 * that declares a field is refused with it, as it cannot be written that way.
 */
export const privateField: Deno.lint.Rule = {
  create(context) {
    const say = (node: Deno.lint.Node): void =>
      context.report({ node, message: "Write #name for a private member" });
    return {
      PropertyDefinition(node) {
        if (node.accessibility === "private") say(node);
      },
      MethodDefinition(node) {
        // A constructor has no # form.
        if (node.kind === "constructor") return;
        if (node.accessibility === "private") say(node);
      },
      TSParameterProperty: (node) => say(node as unknown as Deno.lint.Node),
    };
  },
};

/** The name of a test says what holds, so it has more than one word. */
export const testName: Deno.lint.Rule = {
  create(context) {
    return {
      CallExpression(node) {
        const { callee } = node;
        if (callee.type !== "MemberExpression") return;
        if (callee.object.type !== "Identifier") return;
        if (callee.object.name !== "Deno") return;
        if (callee.property.type !== "Identifier") return;
        if (callee.property.name !== "test") return;
        const name = node.arguments[0];
        if (name?.type !== "Literal" || typeof name.value !== "string") return;
        if (/\S\s+\S/.test(name.value)) return;
        context.report({ node: name, message: "Name a test with a sentence" });
      },
    };
  },
};
