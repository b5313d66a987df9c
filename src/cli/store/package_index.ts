/**
 * Asks a package index for a file's address: the simple API of Python indexes,
 * as JSON (PEP 691) or, from mirrors that have only that, as HTML (PEP 503).
 * Only addresses are taken from it; sizes and hashes are known here.
 */
import { isJsonObject, type JsonValue, parseJson } from "../../format/mod.ts";
import { FailureError } from "../errors.ts";
import { fetchText, type Network, shown } from "./transfer.ts";

/** Largest page of a project: those with thousands of files have some 20 MB. */
const MAX_PAGE_BYTES = 64 * 2 ** 20;

const ACCEPT =
  "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";

/** A file as an index lists it. */
interface Listed {
  readonly file: string;
  readonly url: string;
}

/**
 * Finds the address of a file.
 *
 * @param index The index's address.
 * @param wanted The project and the file.
 * @param network How requests are made.
 * @returns Where it is, with the name and password of the index if it is there too.
 * @throws {TransferError} If the index does not answer.
 * @throws {FailureError} If it does not list the file.
 */
export async function fileUrl(
  index: string,
  wanted: { readonly project: string; readonly file: string },
  network?: Network,
): Promise<URL> {
  const { project, file } = wanted;
  if (!URL.canParse(index)) {
    throw new TypeError(
      `Cannot use the package index as it must be an address: ${index}`,
    );
  }
  const page = new URL(`${index.replace(/\/+$/, "")}/${project}/`);
  const { text, type, url } = await fetchText(page, {
    maxBytes: MAX_PAGE_BYTES,
    headers: { accept: ACCEPT },
    ...(network === undefined ? {} : { network }),
  });
  const listed = /[/+]json\b/.test(type)
    ? readJson(text, shown(page))
    : readHtml(text);
  const found = listed.find((entry) => entry.file === file);
  if (found === undefined || !URL.canParse(found.url, url)) {
    throw new FailureError(
      `Cannot fetch ${file} as ${
        shown(page)
      } must list it: it lists ${listed.length} other files`,
    );
  }
  const place = new URL(found.url, url);
  place.hash = "";
  if (place.origin === page.origin) {
    [place.username, place.password] = [page.username, page.password];
  }
  return place;
}

function readJson(text: string, name: string): Listed[] {
  const page = parseJson(new TextEncoder().encode(text), {
    name,
    maxBytes: MAX_PAGE_BYTES,
  });
  const files = isJsonObject(page) ? page.files : undefined;
  const entryOf = (entry: JsonValue): Listed[] =>
    isJsonObject(entry) && typeof entry.filename === "string" &&
      typeof entry.url === "string"
      ? [{ file: entry.filename, url: entry.url }]
      : [];
  return Array.isArray(files) ? files.flatMap(entryOf) : [];
}

/** Links of a page; the text of each is a file's name. */
function readHtml(text: string): Listed[] {
  const links = text.matchAll(
    /<a\s[^>]*?href\s*=\s*(?:"([^"]*)"|'([^']*)')[^>]*>([^<]*)<\/a/gi,
  );
  return [...links].map(([, double, single, name]) => ({
    file: unescapeHtml(name!).trim(),
    url: unescapeHtml(double ?? single!),
  }));
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
};

/**
 * Replaces the entities of HTML that occur in pages of text.
 *
 * @param text Text with entities.
 * @returns Text without them; unknown ones stay.
 */
export function unescapeHtml(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]+));/gi,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? whole;
      const code = decimal === undefined ? parseInt(hex!, 16) : Number(decimal);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}
