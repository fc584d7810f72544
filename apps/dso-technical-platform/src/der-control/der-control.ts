/**
 * Control of distributed resources by an algorithm outside: a run is started with the state and the tariffs that it is to
 * go by, which the broker carries to it; its answer comes back the same way (`operations-feed.ts`).
 */
import {
  DomainError,
  type DerControlCommand,
  type DerControlEvent,
  type DerControlReported,
  type DerControlStarted,
  type DerControlState,
  type NetworkTariff,
  MTU_MS,
  derControlDecider,
  derControlStream,
} from '@flexledger/domain';
import {
  type CommandContext,
  type EventStore,
  type Processor,
  createCommandHandler,
} from '@flexledger/event-store';
import { documentDigest, uuidFrom } from '@flexledger/identity';
import { gridTopic } from '@flexledger/messaging';
import { type DocumentStore, findStateEstimates, getStateEstimate } from '@flexledger/projections';
import { type Clock, isoFromMs, msFromIso } from '@flexledger/runtime';
import { shownEstimate } from '../state-estimation/shown-estimate';
import type { Tariffs } from '../tariffs/tariffs';

type Run = DerControlStarted['data'];

/** Below the topic of the grid; retained, so that an algorithm that comes later hears the last. */
const DER_START_TOPIC = 'der-control/start';

/** Runs of DER control on one grid. */
export interface DerControl {
  /**
   * Starts a run over quarter-hours from an instant on; a run by the same state and tariffs, asked for under no
   * key, is the same run.
   */
  start(
    horizon: { readonly fromMs: number; readonly mtuCount: number },
    context: CommandContext,
  ): Promise<Run>;
  /** Takes an answer. @throws DomainError `der-control-unknown`, `der-control-reported`, `der-control-malformed` */
  report(
    report: Omit<DerControlReported['data'], 'gridId'>,
    context: CommandContext,
  ): Promise<void>;
}

/** What they are kept in, and what they go by. */
export interface DerControlOptions {
  readonly store: EventStore;
  readonly documents: DocumentStore;
  readonly gridId: string;
  readonly tariffs: Tariffs;
  readonly clock: Clock;
}

/** As `DerControl`, by the rules of `derControlDecider`. */
export function createDerControl(options: DerControlOptions): DerControl {
  const { store, documents, gridId, tariffs, clock } = options;
  const handler = createCommandHandler<DerControlState | null, DerControlCommand, DerControlEvent>({
    store,
    clock,
    decider: derControlDecider,
  });
  return {
    async start({ fromMs, mtuCount }, context) {
      const { items } = await findStateEstimates(documents, { gridId }, { limit: 1 });
      const given = {
        gridId,
        from: isoFromMs(fromMs),
        mtuCount,
        estimateId: items[0]?.estimateId ?? null,
        tariffsDigest: (await tariffs.standing(gridId))?.digest ?? null,
      };
      const name = context.mayRecur ? documentDigest(given) : context.commandId;
      const runId = uuidFrom(`der control ${name}`);
      const command = { kind: 'start', run: { runId, ...given } } as const;
      // Asked for again by a later state it is another run, of another stream: its event needs an id of its own.
      const named = context.mayRecur
        ? { ...context, commandId: uuidFrom(`${context.commandId}/${runId}`) }
        : context;
      await handler.handle(derControlStream(runId), command, named);
      return (await handler.stateOf(derControlStream(runId)))!.run;
    },
    async report(report, context) {
      const command = { kind: 'report', report: { ...report, gridId } } as const;
      await handler.handle(derControlStream(report.runId), command, context);
    },
  };
}

/** What a run is told to the algorithm with. */
export interface DerControlOutput extends Pick<
  DerControlOptions,
  'documents' | 'gridId' | 'tariffs'
> {
  /** Resolves once the views hold what stands in the log. */
  readonly caughtUp: () => Promise<void>;
}

/** @param say sends a message, or keeps the last of a topic until the broker is there */
export function createDerControlPublisher(
  { documents, gridId, tariffs, caughtUp }: DerControlOutput,
  say: (topic: string, message: object) => void,
): Processor {
  return {
    name: 'dso-technical-platform/der-control-out',
    types: ['DerControlStarted'],
    async handle({ data }) {
      const run = data as Run;
      if (run.gridId !== gridId) return;
      const { estimateId, tariffsDigest } = run;
      await caughtUp();
      const estimate =
        estimateId === null ? undefined : await getStateEstimate(documents, gridId, estimateId);
      const published = tariffsDigest === null ? null : await tariffs.of(gridId, tariffsDigest);
      say(gridTopic(gridId, DER_START_TOPIC), {
        ...run,
        state: estimate ? shownEstimate(estimate) : null,
        tariffs: published?.tariffs.filter((tariff) => isWithin(tariff, run)) ?? [],
      });
    },
  };
}

function isWithin({ from, until }: NetworkTariff, run: Run): boolean {
  return from < isoFromMs(msFromIso(run.from) + run.mtuCount * MTU_MS) && until > run.from;
}

/** @throws DomainError `der-control-off` where the broker brings no answers */
export function requireDerControl(derControl: DerControl | undefined): DerControl {
  if (derControl) return derControl;
  const message =
    'DER control is started and answered over the feed of operational data, which this platform does not take; ' +
    'set dso.feeds to [operations].';
  throw new DomainError('der-control-off', message);
}
