/**
 * Runs before the tests: all random tests draw from one seed, so that a run which fails
 * fails again. `STERNA_SEED=N deno task test` draws others; what they find belongs into a
 * test of its own.
 */
import fc from "fast-check";

const given = Deno.env.get("STERNA_SEED") ?? "1";
const seed = Number(given);
if (!Number.isInteger(seed)) {
  throw new TypeError(
    `Cannot seed the tests as a seed is an integer: ${given}`,
  );
}
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
