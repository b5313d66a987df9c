/**
 * Bars side by side: a group for every label, in it a bar for every series, the
 * figure written at its end so that the picture can be read as a table.
 */
import { colourOf, svgOf } from "./_svg.ts";

/** What a bar picture shows. */
export interface BarPicture {
  /** Written above the bars. */
  readonly title: string;
  /** Unit of all values, written at the axis. */
  readonly unit: string;
  /** One a group. */
  readonly labels: readonly string[];
  /** One value a label; `null` where there is no figure. */
  readonly series: readonly {
    readonly name: string;
    readonly values: readonly (number | null)[];
  }[];
  /** Whether the axis is logarithmic; bars then start at its lower end. */
  readonly log?: boolean;
}

/** Three to four digits, as a reader wants them at a bar. */
function short(value: number): string {
  return value.toLocaleString("en-US", { maximumSignificantDigits: 4 });
}

/**
 * Draws bars.
 *
 * @param picture What is shown.
 * @returns One SVG text.
 * @throws {TypeError} When a series has not one value a label.
 */
export async function barPicture(picture: BarPicture): Promise<string> {
  const { labels, series } = picture;
  for (const { name, values } of series) {
    if (values.length !== labels.length) {
      throw new TypeError(
        `Cannot draw series "${name}" as every label needs one value: ${values.length} for ${labels.length}`,
      );
    }
  }
  const rows = labels.flatMap((label, place) =>
    series.flatMap(({ name, values }) => {
      const value = values[place];
      return value === null || value === undefined || !Number.isFinite(value) ||
          (picture.log === true && value <= 0)
        ? []
        : [{ label, name, value }];
    })
  );
  const smallest = Math.min(...rows.map((row) => row.value));
  const start = picture.log === true ? smallest / 2 : 0;
  const longest = Math.max(8, ...series.map(({ name }) => name.length));
  return await svgOf((plot) => ({
    width: 800,
    height: 70 + labels.length * (34 + 22 * series.length),
    marginLeft: 20 + 6.5 * longest,
    marginTop: 50,
    marginRight: 70,
    x: {
      type: picture.log === true ? "log" : "linear",
      label: picture.unit,
      grid: true,
    },
    y: { label: null, domain: series.map(({ name }) => name) },
    fy: { label: null, domain: [...labels], axis: null, padding: 0.25 },
    color: {
      domain: series.map(({ name }) => name),
      range: series.map((_, index) => colourOf(index)),
    },
    marks: [
      plot.barX(rows, {
        x1: start,
        x2: "value",
        y: "name",
        fy: "label",
        fill: "name",
      }),
      plot.text(rows, {
        x: "value",
        y: "name",
        fy: "label",
        text: (row: { value: number }) => short(row.value),
        textAnchor: "start",
        dx: 4,
      }),
      plot.text(labels.map((label) => ({ label })), {
        fy: "label",
        text: "label",
        frameAnchor: "top-left",
        dy: -13,
        fontWeight: "bold",
      }),
    ],
  }), picture.title);
}
