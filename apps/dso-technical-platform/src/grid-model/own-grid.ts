/**
 * The grid that this DSO operates, as the log has it: the model published last, and where PoDs were
 * located. Each instance of the platform follows the log for itself, also one that is handed no
 * events, so that it answers alike and can take over at any moment.
 */
import { inOrder } from '@flexledger/runtime';
import type { GridForecastEvent, PodDetails, PodEvent } from '@flexledger/domain';
import { BEFORE_FIRST, type EventStore } from '@flexledger/event-store';
import { type OperatedGrid, operateGrid, pomOfBuses } from '@flexledger/grid-operations';
import type { DsoPolicy } from '../policy';
import { chooseBus } from './choose-bus';
import { type PublishedGrid, lastPublished } from './published-grids';

export interface OwnGrid {
  readonly gridId: string;
  /**
   * The grid with everything that stands in the log when this is called. The answer never changes: a
   * model published later, or a PoD located later, is in a later answer.
   */
  current(): Promise<OperatedGrid>;
  /**
   * The grid with a model published before, and the PoDs where they are now: what was forecast on a
   * model is validated on it, whatever was published since.
   *
   * @throws Error when no such model is in the log
   */
  asOf(modelDigest: string): Promise<OperatedGrid>;
  /**
   * The grid as it is operated at an instant: a model that was published to switch it for a session stands from that
   * session's delivery on, any other at once.
   */
  at(instantMs: number): Promise<OperatedGrid>;
  /** Models that were decided for deliveries after an instant and stand from then on, in their order. */
  decidedAfter(instantMs: number): Promise<readonly DecidedModel[]>;
  /**
   * Where a PoD hangs, or is to hang by the rule of the policy when neither the model nor a location says
   * it; or why there is no place for it. What stands in the log when this is called counts: of PoDs that
   * were registered together, each is placed with those before it where they were located.
   */
  placeOf(
    podId: string,
    details: Pick<PodDetails, 'supply' | 'connection'>,
  ): Promise<PodPlace | { readonly fault: string }>;
}

/** A model with the switches that were decided for a session. */
export interface DecidedModel {
  readonly digest: string;
  readonly sessionId: string;
}

/** A bus of the model, and the primary substation above it. */
export interface PodPlace {
  readonly busId: string;
  readonly pom: string;
}

type Registered = Extract<PodEvent, { type: 'PodRegistered' }>['data'];
type Reconfigured = Extract<GridForecastEvent, { type: 'GridReconfigured' }>['data'];
type Located = Extract<PodEvent, { type: 'PodLocated' }>['data'];

const FILTER = {
  types: [
    'GridModelPublished',
    'GridReconfigured',
    'PodLocated',
    'PodRegistered',
    'PodDetailsChanged',
    'PodUnregistered',
  ],
};

/** A model and from when on it stands. */
interface StandingModel {
  readonly digest: string;
  readonly fromMs: number;
  /** Of what led to it. */
  readonly correlationId: string;
  /** For which it was decided; none of any other. */
  readonly sessionIds: readonly string[];
}

/** Models that an instant is looked for in, the latest; more are not published ahead of their time. */
const MODELS_KEPT = 200;

/** @throws GridModelError when a model in the log is broken */
export async function openOwnGrid(
  log: EventStore,
  gridId: string,
  rule: DsoPolicy['location'],
): Promise<OwnGrid> {
  const located = new Map<string, string>();
  /** Contracted power of all PoDs that are registered, W. */
  const contractedW = new Map<string, number>();
  let model: OperatedGrid | undefined;
  /** Of two that stand at an instant the later in the list counts. */
  let models: readonly StandingModel[] = [];
  /** The grid of `at` where that is not the current one. */
  let earlier: { readonly current: OperatedGrid; readonly grid: OperatedGrid } | undefined;
  let poms: ReadonlyMap<string, string> | undefined;
  let standing: OperatedGrid | undefined;
  /** Up to here the log is known. */
  let known = BEFORE_FIRST;

  async function follow(): Promise<void> {
    const head = await log.head();
    if (head === known) return;
    let published: PublishedGrid | undefined;
    for await (const event of log.readAll({ after: known, filter: FILTER })) {
      const { type, data, position, streamId, correlationId } = event;
      if (position > head) break;
      if (type === 'PodRegistered' || type === 'PodDetailsChanged') {
        const { podId, contractedPowerW } = data as Registered;
        contractedW.set(podId, contractedPowerW);
        continue;
      }
      if (type === 'PodUnregistered') {
        contractedW.delete((data as Registered).podId);
        continue;
      }
      const found = data as PublishedGrid | Located | Reconfigured;
      if (found.gridId !== gridId) continue;
      if (type === 'GridModelPublished') {
        published = found as PublishedGrid;
        const { digest } = published;
        const fresh = { digest, fromMs: -Infinity, correlationId, sessionIds: [] };
        models = [...models, fresh].slice(-MODELS_KEPT);
      } else if (type === 'GridReconfigured') {
        switchFrom(found as Reconfigured, streamId, correlationId);
      } else locate(found as Located);
    }
    if (published) adopt(published);
    known = head;
  }

  function locate({ podId, busId }: Located): void {
    located.set(podId, busId);
    standing = undefined;
  }

  /**
   * A model that was published for a decision waits for the delivery that it is decided for; one that stood before the
   * decision goes on to stand, and of two sessions that are switched alike the first counts. It gives way to those that were
   * decided before it, for later deliveries.
   */
  function switchFrom(
    { modelDigest, sessionId }: Reconfigured,
    streamId: string,
    decidedBy: string,
  ): void {
    // The stream of a forecast ends with the start of its delivery.
    const fromMs = Date.parse(streamId.slice(`gridForecast-${gridId}-`.length));
    models = withoutOlder(models, sessionId, modelDigest);
    const last = models.findLastIndex(({ digest }) => digest === modelDigest);
    const found = models[last];
    if (!found) return;
    const model = { ...found, sessionIds: [...new Set([...found.sessionIds, sessionId])] };
    if (model.fromMs === -Infinity && model.correlationId !== decidedBy) return;
    const stands = model.fromMs !== -Infinity && model.fromMs <= fromMs;
    const others = models.toSpliced(last, 1);
    const place = stands ? last : others.findLastIndex((other) => other.fromMs <= fromMs) + 1;
    models = others.toSpliced(place, 0, stands ? model : { ...model, fromMs });
  }

  function adopt(published: PublishedGrid): void {
    model = operateGrid(published);
    poms = undefined;
    standing = undefined;
  }

  function loads(): ReadonlyMap<string, number> {
    const loadW = new Map<string, number>();
    for (const [podId, watts] of contractedW) {
      const busId = located.get(podId) ?? model?.busOfPod.get(podId);
      if (busId !== undefined) loadW.set(busId, (loadW.get(busId) ?? 0) + watts);
    }
    return loadW;
  }

  /** One read at a time: each goes on where the one before has come to. */
  const inTurn = inOrder();
  const followed = (): Promise<void> => inTurn(follow);

  function required(): OperatedGrid {
    if (model) return model;
    throw new Error(`No model of grid ${gridId} is in the log; publish one.`);
  }

  async function current(): Promise<OperatedGrid> {
    await followed();
    return (standing ??= withPods(required(), located));
  }

  async function asOf(modelDigest: string): Promise<OperatedGrid> {
    const now = await current();
    if (modelDigest === now.modelDigest) return now;
    const published = await lastPublished(log, gridId, modelDigest);
    if (published) return withPods(operateGrid(published), located);
    throw new Error(`Grid model ${modelDigest} of ${gridId} is not in the log.`);
  }

  await followed();
  required();
  return {
    gridId,
    current,
    asOf,
    async at(instantMs) {
      const now = await current();
      const digest = models.findLast(({ fromMs }) => fromMs <= instantMs)?.digest;
      if (digest === undefined || digest === now.modelDigest) return now;
      if (earlier?.current !== now || earlier.grid.modelDigest !== digest) {
        earlier = { current: now, grid: await asOf(digest) };
      }
      return earlier.grid;
    },
    async decidedAfter(instantMs) {
      await followed();
      const standing = models.findLastIndex(({ fromMs }) => fromMs <= instantMs);
      return models
        .slice(standing + 1)
        .flatMap(({ digest, sessionIds }) =>
          sessionIds.map((sessionId) => ({ digest, sessionId })),
        );
    },
    async placeOf(podId, details) {
      await followed();
      const grid = required();
      const standing = located.get(podId) ?? grid.busOfPod.get(podId);
      const choice =
        standing === undefined ? chooseBus(details, grid, loads(), rule) : { busId: standing };
      if ('fault' in choice) return choice;
      poms ??= pomOfBuses(grid);
      const { busId } = choice;
      const pom = poms.get(busId);
      return pom === undefined
        ? { fault: `the model has no bus ${busId} any more` }
        : { busId, pom };
    },
  };
}

/** What was decided for a session before gives way to what is decided now. */
function withoutOlder(
  models: readonly StandingModel[],
  decidedFor: string,
  modelDigest: string,
): StandingModel[] {
  return models.flatMap((model) => {
    if (model.digest === modelDigest || !model.sessionIds.includes(decidedFor)) return model;
    const sessionIds = model.sessionIds.filter((sessionId) => sessionId !== decidedFor);
    // Where another session was switched alike it stands from that one's delivery on.
    return sessionIds.length === 0 ? [] : { ...model, sessionIds };
  });
}

/** PoDs stay where they were located, whatever a model says of them. */
function withPods(model: OperatedGrid, located: ReadonlyMap<string, string>): OperatedGrid {
  return { ...model, busOfPod: new Map([...model.busOfPod, ...located]) };
}
