/**
 * One organisation's process in a test: what `flexledger up` runs, on a clock that the test sets. It hears of the
 * others by its mirrors in real time, and says how far it has come.
 */
import { type Config, actorsOf, openPlatform, servePlatform } from '@flexledger/composer';
import { type MirroredEvent, isOfMirror, mirrorStream } from '@flexledger/domain';
import { BEFORE_FIRST } from '@flexledger/event-store';
import { type Principal, partyOf } from '@flexledger/identity';
import { VirtualClock, messageOf } from '@flexledger/runtime';
import { loadRulePack, openTokens, publishedGridOf } from '@flexledger/service-kit';

/** What a test asks of an organisation's process; each may be asked again of one that was started anew. */
export type OrganisationRequest =
  | { readonly kind: 'open'; readonly config: Config; readonly nowMs: number }
  | { readonly kind: 'setClock'; readonly nowMs: number }
  /** Runs the first timer that is due. */
  | { readonly kind: 'fire' }
  /** Waits for so many packets of nodes and records them. */
  | { readonly kind: 'collect'; readonly count: number }
  /** How far it has come, and how far it shows its log to these parties. */
  | { readonly kind: 'status'; readonly parties: readonly string[] }
  | { readonly kind: 'close' };

/** How far an organisation has come. */
export interface OrganisationState {
  readonly head: number;
  readonly next: { readonly atMs: number; readonly name: string } | null;
  /** Nothing waits to be handled, or to be answered by a node. */
  readonly isIdle: boolean;
  /** By mirror: position of the last event that it has recorded. */
  readonly mirrored: Readonly<Record<string, number>>;
  /** By party: position of the last event that it shows. */
  readonly shown: Readonly<Record<string, number>>;
  /** What went wrong since it was asked last. */
  readonly problems: readonly string[];
}

/** Real time after which what has not come over a socket is taken as lost. */
const PATIENCE_MS = 60_000;
const EXPECTED_NODES = 20;

interface Opened {
  readonly config: Config;
  readonly clock: VirtualClock;
  readonly platform: Awaited<ReturnType<typeof openPlatform>>;
  close(): Promise<void>;
}

let opened: Opened | undefined;
let problems: string[] = [];

async function open(config: Config, nowMs: number): Promise<Opened> {
  const clock = new VirtualClock(nowMs);
  const rules = loadRulePack(config.market.rules);
  const { timeZone } = rules.rulePack;
  const tokens = await openTokens(config.dataDir);
  const onProblem = (problem: string): void => void problems.push(problem);
  const platform = await openPlatform({
    config,
    clock,
    timers: clock,
    rules,
    grid: publishedGridOf(config.dso.grid, rules.rulePack),
    mode: 'follow',
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
  for await (const { type, data, revision } of store.readStream(
    mirrorStream(mirror),
    read.revision,
  )) {
    read.revision = revision + 1;
    if (type !== 'EventsMirrored') continue;
    read.last = (data as { events: readonly MirroredEvent[] }).events.at(-1)!.position;
  }
  return read.last;
}

/** By party: how far the log was looked through, and the last position that it is shown. */
const looked = new Map<string, { through: number; last: number }>();

async function lastShown(party: string): Promise<number> {
  const look = looked.get(party) ?? { through: BEFORE_FIRST, last: BEFORE_FIRST };
  looked.set(party, look);
  const { store, shown } = opened!.platform;
  const named = { clientId: party, actor: party, scopes: ['events:read'] } as const;
  const reader: Principal = { ...named, ...partyOf(party) };
  for await (const event of store.readAll({ after: look.through })) {
    look.through = event.position;
    if (!isOfMirror(event) && (await shown.shown(reader, event))) look.last = event.position;
  }
  return look.last;
}

async function status(parties: readonly string[]): Promise<OrganisationState> {
  const { platform, config, clock } = opened!;
  const { accessLayer, dso, processors, store } = platform;
  await accessLayer?.layer.nodeReports.flush();
  const awaited = dso?.carrying.awaitedAcks() ?? 0;
  if (awaited > 0) await dso!.carrying.collect(awaited, PATIENCE_MS);
  const health = await processors.status();
  const isDone = health.every(({ lag, checkpoint }) => lag === 0 && checkpoint !== null);
  const told = problems;
  problems = [];
  return {
    head: await store.head(),
    next: clock.nextTimer() ?? null,
    isIdle: isDone && (dso?.carrying.awaitedAcks() ?? 0) === 0,
    mirrored: await byName(
      config.mirrors.map(({ name }) => name),
      lastMirrored,
    ),
    shown: await byName(parties, lastShown),
    problems: told,
  };
}

async function byName(
  names: readonly string[],
  numberOf: (name: string) => Promise<number>,
): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const name of names) found[name] = await numberOf(name);
  return found;
}

async function carryOut(request: OrganisationRequest): Promise<OrganisationState | undefined> {
  switch (request.kind) {
    case 'open':
      opened = await open(request.config, request.nowMs);
      return undefined;
    case 'setClock':
      opened!.clock.setTo(request.nowMs);
      return undefined;
    case 'fire':
      // What a timer could not do is told, and the next one has its turn.
      await opened!.clock.runNext().catch((error: unknown) => problems.push(messageOf(error)));
      return undefined;
    case 'collect':
      await opened!.platform.accessLayer!.layer.measurements.collect(request.count, PATIENCE_MS);
      return undefined;
    case 'status':
      return status(request.parties);
    case 'close':
      await opened!.close();
      return undefined;
  }
}

interface Numbered {
  readonly id: number;
  readonly request: OrganisationRequest;
}

/** One request at a time, in the order in which they come. */
let turn: Promise<void> = Promise.resolve();
process.on('message', ({ id, request }: Numbered) => {
  turn = turn.then(async () => {
    try {
      process.send!({ id, state: await carryOut(request) });
    } catch (error) {
      process.send!({ id, error: messageOf(error) });
    }
    if (request.kind === 'close') process.disconnect();
  });
});
// Without its test an organisation has nothing to do.
process.on('disconnect', () => process.exit());
