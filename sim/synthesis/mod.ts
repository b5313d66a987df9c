/** Synthesis for devices and boards, with open tools. */
export { type AreaRow, areaRows } from "./areas.ts";
export {
  type Board,
  type BoardMemory,
  BOARDS,
  bytesPerClock,
  findBoard,
  sdramParameters,
} from "./boards.ts";
export { BOARD_SOURCES } from "./board_sources.ts";
export { type Bundle, isBundle, readBundle } from "./bundle.ts";
export { CELL_KINDS, type CellCounts, countCells } from "./cells.ts";
export {
  type Device,
  type DeviceFamily,
  DEVICES,
  FAMILIES,
  findDevice,
} from "./devices.ts";
export { type HistoryLine, historyLine, readHistory } from "./history.ts";
export { type BoardRate, boardRate } from "./rate.ts";
export {
  PLACE_SECONDS,
  type Synthesis,
  type SynthesisRequest,
  synthesizeBundle,
} from "./synthesis.ts";
export { installTools } from "./tools.ts";
