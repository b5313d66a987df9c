import type { Model } from "../format/mod.ts";
import type { Machine } from "../runtime/mod.ts";
import { FailureError } from "./errors.ts";
export function openRtl(
  _model: Model,
  _hw: string | undefined,
): Promise<Machine> {
  return Promise.reject(
    new FailureError("Cannot run on rtl as this build has no RTL driver"),
  );
}
