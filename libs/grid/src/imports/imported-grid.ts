import { GridModelError } from '../model/grid-model-error';
import type { ExternalGrid, ImportRemarks, Load, Network, Remark } from '../model/network';
import { parseNetwork } from '../model/parse-network';

/** A network read from another format; what of the file is not in it stands in its remarks too. */
export interface ImportedGrid extends ImportRemarks {
  readonly network: Network;
}

export interface ImportOptions {
  /**
   * Kinds of elements, as the file calls them (`svc`, `mpc.storage`, `VsConverter`), that the network
   * may lack although they are in service. Without their kind they are refused.
   */
  readonly leaveOut?: readonly string[];
}

/** An element in service that has no counterpart in the network model. */
interface LackingElement {
  /** Its kind, by which it may be left out. */
  readonly kind: string;
  readonly element: string;
  readonly reason: string;
  readonly remedy: string;
}

type Tables =
  'buses' | 'lines' | 'transformers' | 'loads' | 'staticGenerators' | 'shunts' | 'switches';

/** The element tables of a network in the making, and the remarks on the way. */
export type GridDraft = { readonly [Table in Tables]: Network[Table][number][] } & {
  /** Counts what needs no counterpart: it is out of service, or no part of a power flow. */
  leaveOut(what: string, reason: string, count?: number): void;
  /** Counts an element in service without counterpart where its kind may be left out; else it is refused. */
  lack(element: LackingElement): void;
  assume(what: string, reason: string): void;
  readonly leftOut: Map<string, Remark>;
  readonly assumed: Map<string, Remark>;
  readonly refused: readonly LackingElement[];
  /** Kinds that may be left out. */
  readonly mayLack: readonly string[];
};

const asked = 'in service, left out as asked';

export function createDraft({ leaveOut: mayLack = [] }: ImportOptions = {}): GridDraft {
  const leftOut = new Map<string, Remark>();
  const assumed = new Map<string, Remark>();
  const refused: LackingElement[] = [];
  const add = (remarks: Map<string, Remark>, what: string, reason: string, count: number): void => {
    const key = JSON.stringify([what, reason]);
    remarks.set(key, { what, count: count + (remarks.get(key)?.count ?? 0), reason });
  };
  return {
    buses: [],
    lines: [],
    transformers: [],
    loads: [],
    staticGenerators: [],
    shunts: [],
    switches: [],
    leaveOut: (what, reason, count = 1) => add(leftOut, what, reason, count),
    lack: (element) => {
      if (!mayLack.includes(element.kind)) refused.push(element);
      else add(leftOut, element.kind, `${asked}: ${element.reason}`, 1);
    },
    assume: (what, reason) => add(assumed, what, reason, 1),
    leftOut,
    assumed,
    refused,
    mayLack,
  };
}

/**
 * The network of a draft, through the same checks as a file of our own.
 *
 * @throws GridModelError naming the element that does not hold.
 */
export function finishDraft(
  about: Pick<Network, 'name' | 'title' | 'source' | 'frequencyHz' | 'externalGrid'>,
  draft: GridDraft,
): ImportedGrid {
  refuseLacking(draft.refused);
  const { buses, lines, transformers, loads, shunts, switches } = draft;
  const staticGenerators = oneVoltagePerNode(draft, about.externalGrid);
  const tables = { buses, lines, transformers, loads, staticGenerators, shunts, switches };
  const leftOut = [...draft.leftOut.values()];
  const remarks = { leftOut, assumed: [...draft.assumed.values(), ...notLeftOut(draft, leftOut)] };
  const isWhole = remarks.leftOut.length === 0 && remarks.assumed.length === 0;
  const file = { schema: 'flexledger-grid/1', ...about, ...tables, pods: [] };
  return { network: parseNetwork(isWhole ? file : { ...file, remarks }), ...remarks };
}

/** Kinds that were to be left out and are not: carried, out of service or not there. */
function notLeftOut({ mayLack }: GridDraft, leftOut: readonly Remark[]): Remark[] {
  return mayLack
    .filter(
      (kind) => !leftOut.some(({ what, reason }) => what === kind && reason.startsWith(asked)),
    )
    .map((what) => ({
      what,
      count: 0,
      reason: 'to be left out, but none is in service that is not carried',
    }));
}

/** A power flow without what carries power is one of another grid. */
function refuseLacking(elements: readonly LackingElement[]): void {
  const [first] = elements;
  if (first === undefined) return;
  const kinds = [...new Set(elements.map(({ kind }) => kind))].join(',');
  const others = elements.length > 1 ? `, as with ${elements.length - 1} more of ${kinds}` : '';
  throw new GridModelError(
    first.element,
    `is in service, and ${first.reason}${others}`,
    `${first.remedy}, or leave out knowingly what is so: --leave-out ${kinds}`,
  );
}

/**
 * Where several machines hold the voltage of one node, the first keeps doing so (the external grid
 * before all) and the others feed in P alone: what Q they share is free in a power flow.
 */
function oneVoltagePerNode(
  draft: GridDraft,
  externalGrid: ExternalGrid,
): Network['staticGenerators'] {
  const nodeOf = joinedBuses(draft.switches);
  const heldPu = new Map([[nodeOf(externalGrid.bus), externalGrid.vmPu]]);
  return draft.staticGenerators.map((generator) => {
    if (generator.vmPu === null) return generator;
    const node = nodeOf(generator.bus);
    const standsPu = heldPu.get(node);
    if (standsPu === undefined) {
      heldPu.set(node, generator.vmPu);
      return generator;
    }
    const givesWay =
      standsPu === generator.vmPu ? '' : ` at ${standsPu} pu, not ${generator.vmPu} pu`;
    const says = `another holds the voltage of its node${givesWay}`;
    draft.assume('generator', `${says}: P only, Q left to that one`);
    return { ...generator, qMvar: 0, vmPu: null };
  });
}

/** One bus for all that closed switches between buses join. */
export function joinedBuses(switches: Network['switches']): (bus: string) => string {
  const up = new Map<string, string>();
  const find = (bus: string): string => {
    let node = bus;
    for (let next = up.get(node); next !== undefined; next = up.get(node)) node = next;
    return node;
  };
  for (const item of switches) {
    if (item.kind !== 'busToBus' || !item.closed) continue;
    const [from, to] = [find(item.from), find(item.to)];
    if (from !== to) up.set(from, to);
  }
  return find;
}

/** Shares of a load that follow the voltage, percent. */
export interface VoltageShares {
  readonly currentPercent: number;
  readonly impedancePercent: number;
}

/**
 * Adds a load; one whose P and Q follow the voltage in different shares is split in two, one of shares
 * below 0 or above 100 % (fits to measurements have them) into its three kinds.
 */
export function addLoad(
  draft: GridDraft,
  load: Pick<Load, 'id' | 'name' | 'bus' | 'pMw' | 'qMvar'>,
  p: VoltageShares,
  q: VoltageShares,
): void {
  const alike = p.currentPercent === q.currentPercent && p.impedancePercent === q.impedancePercent;
  if (alike || load.qMvar === 0) return addPart(draft, load, p);
  if (load.pMw === 0) return addPart(draft, load, q);
  addPart(draft, { ...load, id: `${load.id} P`, qMvar: 0 }, p);
  addPart(draft, { ...load, id: `${load.id} Q`, pMw: 0 }, q);
}

function addPart(
  draft: GridDraft,
  load: Pick<Load, 'id' | 'name' | 'bus' | 'pMw' | 'qMvar'>,
  { currentPercent, impedancePercent }: VoltageShares,
): void {
  const powerPercent = 100 - currentPercent - impedancePercent;
  const push = (part: typeof load, current: number, impedance: number): void => {
    draft.loads.push({
      ...part,
      constantCurrentPercent: current,
      constantImpedancePercent: impedance,
    });
  };
  if (currentPercent >= 0 && impedancePercent >= 0 && powerPercent >= 0) {
    return push(load, currentPercent, impedancePercent);
  }
  for (const [kind, percent, current, impedance] of [
    ['power', powerPercent, 0, 0],
    ['current', currentPercent, 100, 0],
    ['impedance', impedancePercent, 0, 100],
  ] as const) {
    const [pMw, qMvar] = [load.pMw, load.qMvar].map((value) => (value * percent) / 100);
    const id = `${load.id} constant ${kind}`;
    push({ ...load, id, pMw: pMw!, qMvar: qMvar! }, current, impedance);
  }
}
