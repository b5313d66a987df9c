/**
 * Points over two figures, in series with a legend; a series may be joined by a
 * line, for bounds and rooflines.
 */
import { colourOf, svgOf } from "./_svg.ts";

/** A point and what is written beside it. */
export interface PicturePoint {
  readonly x: number;
  readonly y: number;
  readonly label?: string;
}

/** An axis: what it says, unit included, and its scale. */
export interface PictureAxis {
  readonly name: string;
  readonly log?: boolean;
}

/** What a scatter picture shows. */
export interface ScatterPicture {
  readonly title: string;
  readonly x: PictureAxis;
  readonly y: PictureAxis;
  readonly series: readonly {
    readonly name: string;
    readonly points: readonly PicturePoint[];
    /** Joins the points in their order. */
    readonly line?: boolean;
  }[];
}

/** Whether an axis can show a value. */
function shows(axis: PictureAxis, value: number): boolean {
  return Number.isFinite(value) && (axis.log !== true || value > 0);
}

/** Plot's scale of an axis; its name stands in the middle of it. */
function scaleOf({ name, log }: PictureAxis) {
  return {
    type: log === true ? "log" : "linear",
    label: name,
    labelAnchor: "center",
    grid: true,
  } as const;
}

/**
 * Draws points and lines.
 *
 * @param picture What is shown.
 * @returns One SVG text.
 * @throws {RangeError} When an axis cannot show one of the points.
 */
export async function scatterPicture(picture: ScatterPicture): Promise<string> {
  const { x, y, series } = picture;
  for (const { name, points } of series) {
    for (const point of points) {
      if (!shows(x, point.x) || !shows(y, point.y)) {
        throw new RangeError(
          `Cannot draw a point of "${name}" as its axes must show it: ${point.x}, ${point.y}`,
        );
      }
    }
  }
  return await svgOf((plot) => ({
    width: 800,
    height: 480,
    marginLeft: 70,
    marginTop: 38 + 16 * series.length,
    marginRight: 90,
    marginBottom: 40,
    inset: 8,
    x: scaleOf(x),
    y: scaleOf(y),
    marks: series.flatMap(({ name, points, line }, index) => [
      line === true
        ? plot.line(points, { x: "x", y: "y", stroke: colourOf(index) })
        : plot.dot(points, {
          x: "x",
          y: "y",
          fill: colourOf(index),
          r: 4,
        }),
      plot.text(points, {
        x: "x",
        y: "y",
        text: (point: PicturePoint) => point.label ?? "",
        textAnchor: "start",
        dx: 7,
        fill: colourOf(index),
      }),
      plot.text([name], {
        frameAnchor: "top-left",
        dy: -16 * (series.length - index) - 4,
        text: (text: string) => `${line === true ? "—" : "●"} ${text}`,
        fill: colourOf(index),
        textAnchor: "start",
      }),
    ]),
  }), picture.title);
}
