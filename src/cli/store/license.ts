/**
 * Licenses that must be accepted: shown in full and accepted once, in a
 * terminal or by a flag, and remembered beside the fetched models.
 */
import { unescapeHtml } from "./package_index.ts";
import type { ModelLicense } from "./catalog.ts";

/** How a license is accepted. */
export interface Acceptance {
  /** Whether the user accepts it with the command, as scripts do. */
  readonly accept?: boolean;
  /** Whether an acceptance is remembered; true when left out. */
  readonly remember?: boolean;
  /** Whether a terminal is there to ask. */
  readonly terminal?: boolean;
  /** Shows a text. */
  readonly show: (text: string) => void;
  /** Asks a question and gives the answer; null where there is none. */
  readonly ask: (question: string) => string | null;
}

/** What is remembered of an acceptance. */
interface Accepted {
  readonly title: string;
  readonly url: string;
  readonly accepted: string;
}

/**
 * Makes sure that a license is accepted.
 *
 * @param folder Where acceptances are remembered.
 * @param model What is licensed: its name, and the license.
 * @param terms Fetches the text.
 * @param acceptance How it is accepted.
 * @throws {TypeError} If it is not accepted.
 */
export async function demandAcceptance(
  folder: string,
  model: { readonly name: string; readonly license: ModelLicense },
  terms: () => Promise<string>,
  acceptance: Acceptance,
): Promise<void> {
  const { name, license } = model;
  const { id, title, url } = license;
  if (license.terms === undefined || await isAccepted(folder, id)) return;
  const { accept = false, terminal = false, show, ask } = acceptance;
  const { remember = true } = acceptance;
  if (!accept && !terminal) {
    throw new TypeError(
      `Cannot fetch ${name} as its license must be accepted (${title}, ${url}): sterna pull ${name} --accept-license does so`,
    );
  }
  const page = await terms();
  // A page has menus before the text, which begins with its title.
  const text = page.slice(Math.max(0, page.indexOf(title)));
  if (!accept) {
    show(`${text}\n\n${name} is licensed under the ${title}, ${url}`);
    const answer = ask(`Do you accept the ${title}? [y/N]`);
    if (!/^y(?:es)?$/i.test(answer?.trim() ?? "")) {
      throw new TypeError(
        `Cannot fetch ${name} as its license must be accepted: it was not`,
      );
    }
  } else if (remember) show(`Accepted for ${name}: ${title}, ${url}`);
  if (!remember) return;
  const record: Accepted = { title, url, accepted: new Date().toISOString() };
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/${id}.txt`, `${text}\n`);
  await Deno.writeTextFile(
    `${folder}/${id}.json`,
    `${JSON.stringify(record)}\n`,
  );
}

async function isAccepted(folder: string, id: string): Promise<boolean> {
  try {
    const record = JSON.parse(await Deno.readTextFile(`${folder}/${id}.json`));
    return typeof record?.accepted === "string";
  } catch {
    return false; // not there, or damaged: it is asked for again
  }
}

/**
 * Takes the text out of a web page.
 *
 * @param html The page.
 * @returns Its article as lines of text; all of it where it has no article.
 */
export function pageText(html: string): string {
  const article = /<article\b[^>]*>([\s\S]*?)<\/article>/i.exec(html)?.[1];
  const text = (article ?? html)
    .replace(/<(script|style)\b[\s\S]*?<\/\1\s*>/gi, " ")
    .replace(/<(?:\/(?:p|li|h\d|div|ul|ol|tr)|br)\b[^>]*>/gi, "\n")
    .replace(/<[^>]*>/g, " ");
  return unescapeHtml(text)
    .split("\n")
    // deno-lint-ignore no-control-regex
    .map((line) => line.replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, " ").trim())
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}
