/** Pictures of figures, as SVG text. */
export { type BarPicture, barPicture } from "./bars.ts";
export {
  type PictureAxis,
  type PicturePoint,
  type ScatterPicture,
  scatterPicture,
} from "./scatter.ts";
