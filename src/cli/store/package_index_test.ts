import assert from "node:assert/strict";
import { FileServer } from "../../../tests/file_server.ts";
import { fileUrl, unescapeHtml } from "./package_index.ts";

const NETWORK = { stallMs: 2_000, retryMs: 1, attempts: 2 };

const WANTED = { project: "a-b", file: "a_b-1.0-py3-none-any.whl" };

async function ask(
  type: string,
  text: (origin: string) => string,
): Promise<string> {
  await using server = new FileServer();
  const bytes = new TextEncoder().encode(text(server.url));
  server.put("/simple/a-b/", { bytes, type });
  const url = await fileUrl(`${server.url}/simple/`, WANTED, NETWORK);
  assert.match(server.asked[0]!.headers.get("accept")!, /simple\.v1\+json/);
  return url.href.replace(server.url, "");
}

Deno.test("an index is read as JSON or as HTML, addresses absolute or relative", async () => {
  const json = (url: string): string =>
    JSON.stringify({
      files: [{ filename: "a_b-0.9.whl", url: "x" }, {
        filename: WANTED.file,
        url,
      }],
    });
  const type = "application/vnd.pypi.simple.v1+json";
  assert.equal(await ask(type, () => json("../../f/x.whl")), "/f/x.whl");
  assert.equal(await ask(type, (url) => json(`${url}/y.whl`)), "/y.whl");
  const html = (url: string): string =>
    `<!DOCTYPE html><a href="z">a_b-0.9.whl</a><br/>
     <a data-requires-python="&gt;=3.9" href='${url}#sha256=00'>${WANTED.file}</a>`;
  assert.equal(await ask("text/html", () => html("../../f/x.whl")), "/f/x.whl");
  assert.equal(
    await ask("text/html; charset=utf-8", () => html("/x.whl?a=1&amp;b=2")),
    "/x.whl?a=1&b=2",
  );
});

Deno.test("an index that lists no such file, or is no index, is refused", async () => {
  for (
    const [type, text] of [
      ["application/json", '{"files":[]}'],
      ["application/json", '{"files":[1,{"filename":2},null]}'],
      ["application/json", "[]"],
      ["text/html", "<a href=x>a_b-1.0-py3-none-any.whl"],
      ["text/plain", ""],
    ] as const
  ) {
    await assert.rejects(ask(type, () => text), {
      name: "FailureError",
      message:
        /^Cannot fetch a_b-1\.0-py3-none-any\.whl as http:.* must list it: it lists \d other files$/,
    });
  }
  await assert.rejects(ask("application/json", () => "{"), SyntaxError);
  await assert.rejects(fileUrl("nowhere", WANTED), {
    message: /^Cannot use the package index as it must be an address: nowhere$/,
  });
});

Deno.test("the name and password of an index go to the index alone", async () => {
  await using server = new FileServer();
  const bytes = new TextEncoder().encode(
    `<a href="/f.whl">${WANTED.file}</a>`,
  );
  server.put("/simple/a-b/", { bytes, type: "text/html" });
  const login = server.url.replace("://", "://ann:s%20t@");
  const same = await fileUrl(`${login}/simple`, WANTED, NETWORK);
  assert.equal(same.href, `${login}/f.whl`);
  assert.equal(
    server.asked[0]!.headers.get("authorization"),
    `Basic ${btoa("ann:s t")}`,
  );
  const other = new TextEncoder().encode(
    `<a href="https://files.example/f.whl">${WANTED.file}</a>`,
  );
  server.put("/simple/a-b/", { bytes: other, type: "text/html" });
  const { username } = await fileUrl(`${login}/simple`, WANTED, NETWORK);
  assert.equal(username, "");
});

Deno.test("entities are replaced, unknown ones stay", () => {
  assert.equal(
    unescapeHtml("&lt;a&gt; &amp;amp; &#65;&#x42; &none; &#9999999;"),
    "<a> &amp; AB &none; &#9999999;",
  );
});
