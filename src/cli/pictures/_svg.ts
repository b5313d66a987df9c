/**
 * Draws Observable Plot charts without a browser: `linkedom` lends the document
 * that Plot builds its nodes in, and what comes out is one SVG text that any
 * viewer opens, on a white ground of its own.
 */
import type { PlotOptions } from "@observablehq/plot";

/** The namespace without which a browser shows a file as text. */
const SVG = "http://www.w3.org/2000/svg";

/** Plot's module and a document; both load on the first picture only. */
export async function plotting(): Promise<
  { plot: typeof import("@observablehq/plot"); document: Document }
> {
  const [plot, { parseHTML }] = await Promise.all([
    import("@observablehq/plot"),
    import("linkedom"),
  ]);
  const page = parseHTML("<!doctype html><html><body></body></html>");
  return { plot, document: page.document as unknown as Document };
}

/** Colours that stay apart for most kinds of colour vision (Okabe and Ito). */
export const COLOURS: readonly string[] = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#e69f00",
  "#56b4e9",
  "#000000",
];

/** The colour of a series by its place. */
export function colourOf(index: number): string {
  return COLOURS[index % COLOURS.length] as string;
}

/**
 * One standalone SVG text of a plot.
 *
 * @param options Plot's own options; `document` is set here.
 * @param title Read by screen readers, and drawn at the top left.
 */
export async function svgOf(
  options: (plot: typeof import("@observablehq/plot")) => PlotOptions,
  title: string,
): Promise<string> {
  const { plot, document } = await plotting();
  const node = plot.plot({ ...options(plot), document });
  node.setAttribute("xmlns", SVG);
  node.setAttribute("style", "background: white; color: black");
  const heading = document.createElementNS(SVG, "text");
  heading.textContent = title;
  heading.setAttribute("x", "10");
  heading.setAttribute("y", "18");
  heading.setAttribute("text-anchor", "start");
  heading.setAttribute("font-size", "14");
  heading.setAttribute("font-weight", "bold");
  node.append(heading);
  return node.outerHTML + "\n";
}
