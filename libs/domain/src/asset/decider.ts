import { type Decider, DomainError, type Violation } from '../log/decider';
import { POD_ID } from '../pod/events';
import { ASSET_ID, type Asset, type AssetEvent } from './events';

export type AssetCommand =
  | ({ readonly kind: 'defineAsset'; readonly aggregatorId: string } & Asset)
  | { readonly kind: 'removeAsset'; readonly aggregatorId: string; readonly assetId: string };

/** The assets of one aggregator by their ids. */
export type AssetState = ReadonlyMap<string, Asset>;

/** Assets of one aggregator. */
export const ASSETS_MAX = 500;
/** PoDs that one asset names itself; those of the assets in it come besides. */
export const ASSET_PODS_MAX = 5_000;
/** Assets that one asset names itself. */
export const ASSET_PARTS_MAX = 100;
/** Assets one in another, the outermost and the innermost counted. */
export const ASSET_DEPTH_MAX = 8;
/** Characters of a name that people read. */
const NAME_MAX = 80;

/**
 * The asset hierarchy of one aggregator: no asset is in itself, however far down, none is deeper than
 * `ASSET_DEPTH_MAX`, and none goes while another holds it. Whose the PoDs are the register knows, and is
 * asked before.
 */
export const assetDecider: Decider<AssetState, AssetCommand, AssetEvent> = {
  initialState: new Map(),
  decide,
  evolve(state, event) {
    switch (event.type) {
      case 'AssetDefined':
        return new Map([...state, [event.data.assetId, assetOf(event.data)]]);
      case 'AssetRemoved':
        return new Map([...state].filter(([assetId]) => assetId !== event.data.assetId));
      default:
        return state;
    }
  },
};

function decide(command: AssetCommand, state: AssetState): AssetEvent[] {
  const { aggregatorId, assetId } = command;
  const before = state.get(assetId);
  if (command.kind === 'removeAsset') {
    if (!before) throw assetUnknown(assetId);
    const holder = [...state.values()].find(({ assetIds }) => assetIds.includes(assetId));
    if (holder) {
      throw new DomainError(
        'asset-held',
        `Asset ${assetId} is a part of ${holder.assetId}; take it out of that first.`,
      );
    }
    return [{ type: 'AssetRemoved', data: { aggregatorId, assetId } }];
  }
  const violations = faultsOf(command, state);
  if (violations.length > 0) {
    const { field, reason } = violations[0]!;
    const others = violations.length > 1 ? `, and ${violations.length - 1} more` : '';
    throw new DomainError(
      'asset-malformed',
      `Asset ${assetId} cannot be defined: ${field} ${reason}${others}; correct it and send it again.`,
      violations,
    );
  }
  if (!before && state.size >= ASSETS_MAX) {
    throw new DomainError(
      'assets-exhausted',
      `${aggregatorId} has ${ASSETS_MAX} assets, which is the most; remove one first.`,
    );
  }
  const asset = assetOf(command);
  if (before && isSame(before, asset)) return [];
  return [{ type: 'AssetDefined', data: { aggregatorId, ...asset } }];
}

function faultsOf(asset: Asset, state: AssetState): Violation[] {
  const { assetId, name, podIds, assetIds } = asset;
  const faults: Violation[] = [];
  const fault = (field: string, reason: string): void => void faults.push({ field, reason });
  if (!ASSET_ID.test(assetId)) {
    fault('assetId', 'is no id like roofs: a small letter, then letters, digits and _, 40 at most');
  }
  if (name.trim() === '' || name.length > NAME_MAX) {
    fault('name', `is not 1 to ${NAME_MAX} characters long`);
  }
  if (podIds.length + assetIds.length === 0) fault('podIds', 'and assetIds are both empty');
  if (podIds.length > ASSET_PODS_MAX) fault('podIds', `are more than ${ASSET_PODS_MAX}`);
  if (assetIds.length > ASSET_PARTS_MAX) fault('assetIds', `are more than ${ASSET_PARTS_MAX}`);
  const named = new Set<string>();
  const isNamedTwice = (part: string): boolean => named.size === named.add(part).size;
  for (const [index, podId] of podIds.entries()) {
    const field = `podIds[${index}]`;
    if (!POD_ID.test(podId)) fault(field, 'is no PoD code like IT002E60776854');
    else if (isNamedTwice(podId)) fault(field, 'comes twice');
  }
  const after = new Map([...state, [assetId, asset]]);
  for (const [index, part] of assetIds.entries()) {
    const field = `assetIds[${index}]`;
    const way = part === assetId ? [assetId] : wayTo(state, part, assetId);
    if (isNamedTwice(part)) fault(field, 'comes twice');
    else if (way) fault(field, `would put ${assetId} in itself: ${[assetId, ...way].join(' > ')}`);
    else if (!state.has(part)) fault(field, `names ${part}, which is no asset; define it first`);
  }
  // Whether it is too deep can be said of a hierarchy only that has an end.
  if (faults.length === 0 && deepest(after) > ASSET_DEPTH_MAX) {
    fault('assetIds', `put assets more than ${ASSET_DEPTH_MAX} deep in one another`);
  }
  return faults;
}

/** The assets from `from` down to `to`, both named; undefined where there is no way. */
function wayTo(state: AssetState, from: string, to: string): readonly string[] | undefined {
  const cameFrom = new Map<string, string | undefined>([[from, undefined]]);
  // It grows while it is gone through.
  for (const id of cameFrom.keys()) {
    for (const part of state.get(id)?.assetIds ?? []) {
      if (!cameFrom.has(part)) cameFrom.set(part, id);
    }
  }
  if (!cameFrom.has(to)) return undefined;
  const way = [to];
  for (let id = cameFrom.get(to); id !== undefined; id = cameFrom.get(id)) way.unshift(id);
  return way;
}

/** Assets one in another, at most; the hierarchy MUST be without a cycle. */
function deepest(state: AssetState): number {
  const depths = new Map<string, number>();
  const depthOf = (assetId: string): number => {
    const known = depths.get(assetId);
    if (known !== undefined) return known;
    const parts = state.get(assetId)?.assetIds ?? [];
    const depth = 1 + Math.max(0, ...parts.map(depthOf));
    depths.set(assetId, depth);
    return depth;
  };
  return Math.max(0, ...[...state.keys()].map(depthOf));
}

/** The members of an asset, its parts in their order. */
function assetOf({ assetId, name, podIds, assetIds }: Asset): Asset {
  return { assetId, name, podIds: [...podIds].sort(), assetIds: [...assetIds].sort() };
}

function isSame(one: Asset, other: Asset): boolean {
  return (
    one.name === other.name &&
    one.podIds.join() === other.podIds.join() &&
    one.assetIds.join() === other.assetIds.join()
  );
}

function assetUnknown(assetId: string): DomainError {
  return new DomainError('asset-unknown', `You have no asset ${assetId}.`);
}
