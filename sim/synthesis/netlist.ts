/**
 * Area by module of a flattened netlist.
 *
 * A mapped netlist has no modules any more, only names: registers and memories keep
 * those of the wires that they drive, and look-up tables between them mostly have none.
 * So a cell belongs to the module that owns a wire it drives; a cell that drives no
 * named wire belongs where most of what it feeds belongs. Every cell counts once, so
 * that the parts add up to the whole.
 *
 *     hierarchy (before flattening)  -> instances, and which of their ports are inputs
 *     netlist (mapped)               -> cells, named wires
 *     both                           -> { "core.host": { lut: 812, ... }, ... }
 */
import { addCells, cellCost, type CellCounts, NO_CELLS } from "./cells.ts";
import type { DeviceFamily } from "./devices.ts";

/** A bit of a netlist: the number of a net, or a constant. */
type Bit = number | string;

/** The part of Yosys' JSON that is read here. */
export interface YosysJson {
  /** Which Yosys wrote it. */
  readonly creator: string;
  /** Modules by name. */
  readonly modules: Readonly<Record<string, YosysModule>>;
}

/** One module of Yosys' JSON. */
export interface YosysModule {
  /** Ports by name. */
  readonly ports: Readonly<
    Record<string, { readonly direction: string; readonly bits: Bit[] }>
  >;
  /** Cells by name. */
  readonly cells: Readonly<Record<string, YosysCell>>;
  /** Named wires. */
  readonly netnames: Readonly<Record<string, { readonly bits: Bit[] }>>;
}

/** One cell of Yosys' JSON. */
export interface YosysCell {
  /** Its type: a module, or a cell of the technology. */
  readonly type: string;
  /** Direction of each port, where Yosys knows it. */
  readonly port_directions?: Readonly<Record<string, string>>;
  /** What each port is connected to. */
  readonly connections: Readonly<Record<string, Bit[]>>;
}

/** The modules of a design by the path of their instance. */
export interface Hierarchy {
  /** Module by path; the top module has the path "". */
  readonly modules: ReadonlyMap<string, string>;
  /** Paths of input ports, which somebody else drives. */
  readonly inputs: ReadonlySet<string>;
}

/** Deepest nesting that is followed; a design that holds itself would have no end. */
const MAX_DEPTH = 64;

/**
 * Walks the instances of a design.
 *
 * @param json The design before flattening.
 * @param top Its top module.
 * @returns Modules and their inputs by path.
 * @throws {RangeError} If instances nest without end.
 */
export function readHierarchy(json: YosysJson, top: string): Hierarchy {
  const modules = new Map<string, string>();
  const inputs = new Set<string>();
  const walk = (module: string, path: string, depth: number): void => {
    if (depth > MAX_DEPTH) {
      throw new RangeError(
        `Cannot read the hierarchy of ${top} as modules may nest ${MAX_DEPTH} deep: ${path}`,
      );
    }
    modules.set(path, plainName(module));
    const { ports, cells } = json.modules[module]!;
    for (const [name, { direction }] of Object.entries(ports)) {
      if (path !== "" && direction === "input") inputs.add(`${path}.${name}`);
    }
    for (const [name, { type }] of Object.entries(cells)) {
      if (json.modules[type] === undefined) continue;
      walk(type, path === "" ? name : `${path}.${name}`, depth + 1);
    }
  };
  walk(top, "", 0);
  return { modules, inputs };
}

/** `$paramod$…\sterna_ram\WIDTH=…` -> `sterna_ram`. */
function plainName(module: string): string {
  if (!module.startsWith("$paramod")) return module;
  return module.split("\\")[1] ?? module;
}

/** `$flatten\core.\host.$procmux$12_Y` -> `core.host.$procmux$12_Y`. */
function plainPath(name: string): string {
  return name.startsWith("$flatten")
    ? name.slice("$flatten".length).replaceAll("\\", "")
    : name;
}

/** The instance that owns a wire; `undefined` for wires that tell nothing. */
function ownerOf(name: string, hierarchy: Hierarchy): string | undefined {
  const path = plainPath(name);
  if (path.startsWith("$") || hierarchy.inputs.has(path)) return undefined;
  for (let at = path.lastIndexOf("."); at > 0;) {
    const scope = path.slice(0, at);
    if (hierarchy.modules.has(scope)) return scope;
    at = path.lastIndexOf(".", at - 1);
  }
  return "";
}

/** Whom each named net belongs to: the deepest owner, who drives what others pass on. */
function ownersOfNets(
  module: YosysModule,
  hierarchy: Hierarchy,
): Map<number, string> {
  const owners = new Map<number, string>();
  for (const [name, { bits }] of Object.entries(module.netnames)) {
    const owner = ownerOf(name, hierarchy);
    if (owner === undefined) continue;
    for (const bit of bits) {
      if (typeof bit !== "number") continue;
      const known = owners.get(bit);
      if (known === undefined || owner.length > known.length) {
        owners.set(bit, owner);
      }
    }
  }
  return owners;
}

/** A cell as the votes see it. */
interface Node {
  readonly type: string;
  readonly drives: readonly number[];
  readonly feeds: Node[];
  owner: string | undefined;
}

function isOutput(cell: YosysCell, port: string): boolean {
  return cell.port_directions?.[port] === "output";
}

function nodesOf(
  module: YosysModule,
  hierarchy: Hierarchy,
): Node[] {
  const owners = ownersOfNets(module, hierarchy);
  const drivers = new Map<number, Node>();
  const nodes = Object.entries(module.cells).map(([name, cell]) => {
    const drives = Object.entries(cell.connections)
      .filter(([port]) => isOutput(cell, port))
      .flatMap(([, bits]) =>
        bits.filter((bit): bit is number => typeof bit === "number")
      );
    const named = drives.map((bit) => owners.get(bit))
      .find((owner) => owner !== undefined);
    const owner = named ?? ownerOf(name, hierarchy);
    const node: Node = { type: cell.type, drives, feeds: [], owner };
    for (const bit of drives) drivers.set(bit, node);
    return { cell, node };
  });
  for (const { cell, node } of nodes) {
    for (const [port, bits] of Object.entries(cell.connections)) {
      if (isOutput(cell, port)) continue;
      for (const bit of bits) {
        if (typeof bit === "number") drivers.get(bit)?.feeds.push(node);
      }
    }
  }
  return nodes.map(({ node }) => node);
}

/** The most frequent owner of what a cell feeds; of equals the first by name. */
function vote(node: Node): string | undefined {
  const votes = new Map<string, number>();
  for (const { owner } of node.feeds) {
    if (owner !== undefined) votes.set(owner, (votes.get(owner) ?? 0) + 1);
  }
  let best: string | undefined;
  for (const [owner, count] of votes) {
    const most = best === undefined ? 0 : votes.get(best)!;
    if (
      count > most || (count === most && best !== undefined && owner < best)
    ) {
      best = owner;
    }
  }
  return best;
}

/**
 * Attributes every cell of a mapped, flattened module to an instance.
 *
 * @param family The technology.
 * @param module The mapped module.
 * @param hierarchy Instances of the design before it was flattened.
 * @returns What each instance takes by itself, without those inside it.
 */
export function areaByInstance(
  family: DeviceFamily,
  module: YosysModule,
  hierarchy: Hierarchy,
): Map<string, CellCounts> {
  let open = nodesOf(module, hierarchy);
  const areas = new Map<string, CellCounts>();
  const settle = (node: Node): void => {
    const owner = node.owner ?? "";
    const sum = areas.get(owner) ?? NO_CELLS;
    areas.set(owner, addCells(sum, cellCost(family, node.type)));
  };
  for (let moved = true; moved;) {
    const still: Node[] = [];
    const decided: [Node, string][] = [];
    for (const node of open) {
      if (node.owner !== undefined) settle(node);
      else {
        const owner = vote(node);
        if (owner === undefined) still.push(node);
        else decided.push([node, owner]);
      }
    }
    // All of a round at once, so that the order of cells does not matter.
    for (const [node, owner] of decided) {
      node.owner = owner;
      settle(node);
    }
    moved = decided.length > 0;
    open = still;
  }
  for (const node of open) settle(node);
  return areas;
}
