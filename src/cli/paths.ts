import { fileURLToPath } from "node:url";

/**
 * Turns a `file:` URL into a path.
 *
 * @param url The URL.
 * @returns The path.
 */
export function fromFileUrl(url: URL): string {
  return fileURLToPath(url);
}
