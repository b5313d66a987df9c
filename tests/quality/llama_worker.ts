/**
 * Prints where the libraries of llama.cpp are. The specifier is a value, which
 * nothing resolves before this runs: what is in the project's own lock is fetched
 * before any task.
 */

const PACKAGE = "npm:@node-llama-cpp/linux-x64@3.22.1";

if (import.meta.main) {
  const { getBinsDir } = await import(PACKAGE) as {
    getBinsDir: () => { binsDir: string };
  };
  console.log(`${getBinsDir().binsDir}/linux-x64`);
}
