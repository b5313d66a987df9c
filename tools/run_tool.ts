/** What every tool of the repository does about a wrong request. */

/**
 * Runs a tool and ends the process with its status; a wrong option is one line and
 * status 2, as on the command line of `sterna`.
 *
 * @param name What the tool is called in messages.
 * @param main The tool; gives its status.
 */
export async function runTool(
  name: string,
  main: () => Promise<number>,
): Promise<never> {
  try {
    Deno.exit(await main());
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (!`${code}`.startsWith("ERR_PARSE_ARGS")) throw error;
    console.error(`${name}: ${(error as Error).message.split(". ")[0]}`);
    Deno.exit(2);
  }
}
