/**
 * One organisation of a simulated day in a process of its own: what `flexledger up` runs, on a clock that the
 * driver sets. It hears of the others by its mirrors in real time, and says how far it has come.
 */
import { type MirroredEvent, isOfMirror, mirrorStream } from '@flexledger/domain';
import { BEFORE_FIRST } from '@flexledger/event-store';
import { type Principal, partyOf } from '@flexledger/identity';
import { VirtualClock, messageOf } from '@flexledger/runtime';
import { loadRulePack, openTokens, publishedGridOf } from '@flexledger/service-kit';
import type { Config } from '../../config/config';
import { type Platform, openPlatform } from '../../platform/open-platform';
import { PATIENCE_MS } from '../../platform/settle-consequences';
import { actorsOf, servePlatform } from '../../serve/serve-platform';
import { answerDriver } from '../driven-process';
import {
  type OpenOrganisation,
  type OrganisationRequest,
  type OrganisationState,
  type ShownTo,
  shownKey,
} from './messages';

const EXPECTED_NODES = 100;

interface Opened {
  readonly config: Config;
  readonly clock: VirtualClock;
  readonly platform: Platform;
  close(): Promise<void>;
}

let opened: Opened | undefined;

async function open({ config, nowMs, day, grid }: OpenOrganisation): Promise<Opened> {
  const clock = new VirtualClock(nowMs);
  const rules = loadRulePack(config.market.rules);
  const { timeZone } = rules.rulePack;
  const tokens = await openTokens(config.dataDir);
  const platform = await openPlatform({
    config,
    clock,
    timers: clock,
    rules,
    grid: grid ?? publishedGridOf(config.dso.grid, rules.rulePack),
    mode: 'follow',
    ...(day !== undefined && { deliveryDay: day }),
    expectedNodes: EXPECTED_NODES,
    tokenOf: tokens.tokenOf,
    onProblem,
  });
  const actors = await actorsOf(config);
  const serving = { platform, config, tokens, timeZone, clock, actors, onProblem };
  const served = await servePlatform(serving);
  const stop = new AbortController();
  const following = platform.processors.follow(stop.signal);
  return {
    config,
    clock,
    platform,
    async close() {
      stop.abort();
      await following;
      await served.close();
      await platform.close();
    },
  };
}

/** By mirror: where its record is read on, and the last position that stands there. */
const recordsRead = new Map<string, { revision: number; last: number }>();

async function lastMirrored(mirror: string): Promise<number> {
  const read = recordsRead.get(mirror) ?? { revision: 0, last: BEFORE_FIRST };
  recordsRead.set(mirror, read);
  const { store } = opened!.platform;
  for await (const event of store.readStream(mirrorStream(mirror), read.revision)) {
    const { type, data, revision } = event;
    read.revision = revision + 1;
    if (type !== 'EventsMirrored') continue;
    read.last = (data as { events: readonly MirroredEvent[] }).events.at(-1)!.position;
  }
  return read.last;
}

/** By `shownKey`: how far the log was looked through, and the last position that it is shown. */
const looked = new Map<string, { through: number; last: number }>();

async function lastShown(to: ShownTo): Promise<number> {
  const { party, types } = to;
  const look = looked.get(shownKey(to)) ?? { through: BEFORE_FIRST, last: BEFORE_FIRST };
  looked.set(shownKey(to), look);
  const { store, shown } = opened!.platform;
  const named = { clientId: party, actor: party, scopes: ['events:read'] } as const;
  const reader: Principal = { ...named, ...partyOf(party) };
  for await (const event of store.readAll({ after: look.through })) {
    look.through = event.position;
    if (types && !types.includes(event.type)) continue;
    if (!isOfMirror(event) && (await shown.shown(reader, event))) look.last = event.position;
  }
  return look.last;
}

async function state(parties: readonly ShownTo[]): Promise<OrganisationState> {
  const { platform, config, clock } = opened!;
  const { accessLayer, dso, processors, store } = platform;
  await accessLayer?.layer.nodeReports.flush();
  const awaited = dso?.carrying.awaitedAcks() ?? 0;
  if (awaited > 0) await dso!.carrying.collect(awaited, PATIENCE_MS);
  const health = await processors.status();
  const isDone = health.every(({ lag, checkpoint }) => lag === 0 && checkpoint !== null);
  const mirrors = config.mirrors.map(({ name }) => name);
  return {
    head: await store.head(),
    next: clock.nextTimer() ?? null,
    isIdle: isDone && (dso?.carrying.awaitedAcks() ?? 0) === 0,
    mirrored: await byName(mirrors, (name) => name, lastMirrored),
    shown: await byName(parties, shownKey, lastShown),
  };
}

async function byName<Item>(
  items: readonly Item[],
  nameOf: (item: Item) => string,
  numberOf: (item: Item) => Promise<number>,
): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const item of items) found[nameOf(item)] = await numberOf(item);
  return found;
}

/** What a timer could not do is told, as `up` tells it, and the next one has its turn. */
async function fire({ clock }: Opened): Promise<void> {
  const name = clock.nextTimer()?.name;
  await clock.runNext().catch((error: unknown) => onProblem(`${name}: ${messageOf(error)}`));
}

async function carryOut(message: OrganisationRequest): Promise<OrganisationState | undefined> {
  switch (message.kind) {
    case 'open':
      opened = await open(message);
      return undefined;
    case 'setClock':
      opened!.clock.setTo(message.nowMs);
      return undefined;
    case 'fire':
      await fire(opened!);
      return undefined;
    case 'collect':
      await opened!.platform.accessLayer!.layer.measurements.collect(message.count, PATIENCE_MS);
      return undefined;
    case 'status':
      return state(message.parties);
    case 'seal':
      await opened!.platform.certifier!.certifier.seal();
      return undefined;
    case 'close':
      await opened!.close();
      return undefined;
  }
}

const { tell: onProblem } = answerDriver(carryOut);
