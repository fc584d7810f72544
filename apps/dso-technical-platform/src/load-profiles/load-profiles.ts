/**
 * The typical days of a grid's customers, reworked about once a month (D3.3 A.3.3.2): as the month begins by itself, and
 * when an operator wants it. Forecasts begin with those that stand and add what was measured since.
 */
import {
  type Decider,
  type LoadProfilesEvent,
  DomainError,
  addDays,
  civilDay,
  loadProfilesStream,
} from '@flexledger/domain';
import {
  type CommandContext,
  type EventStore,
  createCommandHandler,
} from '@flexledger/event-store';
import { type Clock, isoFromMs } from '@flexledger/runtime';
import type { ForecastBasis, LoadHistory } from '../forecast/customer-forecast';
import type { LoadMetering, MeteredCustomer, StandingProfiles } from '../forecast/load-history';
import { DAY_KINDS, type ProfilesPart, type Reworked, reworkedProfiles } from './rework';

/** A rework that stands whole in the log. */
export interface RecordedRework {
  readonly reworked: Reworked;
  readonly parts: readonly ProfilesPart[];
}

/** Profiles of one grid. */
export interface LoadProfiles {
  /** Those that stand; undefined where none were reworked in this month or the one before. */
  standing(): Promise<(StandingProfiles & { readonly reworked: Reworked }) | undefined>;
  /**
   * As a month begins: once in it, and not at all where nothing was measured before it, or it is over.
   *
   * @param month civil, `2026-03`
   */
  monthBegan(month: string, context: CommandContext): Promise<void>;
  /** For an operator; the same again adds nothing. @throws DomainError `profiles-unmeasured` */
  rework(reason: string, context: CommandContext): Promise<Reworked>;
}

export interface LoadProfilesOptions {
  readonly gridId: string;
  readonly basis: ForecastBasis;
  readonly metering: LoadMetering;
  /** The market's customers on the grid on a day. */
  readonly customers: (
    day: string,
  ) => Promise<readonly Pick<MeteredCustomer, 'podId' | 'pvPeakW'>[]>;
  readonly store: EventStore;
  readonly clock: Clock;
}

type ReworkCommand = readonly LoadProfilesEvent[];

interface MonthState {
  /** The last that is whole. */
  readonly whole: RecordedRework | undefined;
  /** One that a crash cut short, or whose events are still being recorded. */
  readonly begun: RecordedRework | undefined;
  readonly hasBegunMonth: boolean;
}

/** A month of reworks: what a crash left out is recorded, or all of another; the month's own once. */
const reworkDecider: Decider<MonthState, ReworkCommand, LoadProfilesEvent> = {
  initialState: { whole: undefined, begun: undefined, hasBegunMonth: false },
  decide(events, { whole, begun, hasBegunMonth }) {
    const [first] = events;
    if (first?.type !== 'LoadProfilesReworked') return [];
    const { reworkId, trigger } = first.data;
    if (trigger === 'monthBegan' && hasBegunMonth) return [];
    if (begun?.reworked.reworkId === reworkId) return events.slice(1 + begun.parts.length);
    const isKnown = trigger === 'operator' && whole?.reworked.reworkId === reworkId;
    return isKnown ? [] : [...events];
  },
  evolve(state, event) {
    if (event.type === 'LoadProfilesReworked') {
      return { ...state, begun: { reworked: event.data, parts: [] } };
    }
    const { begun } = state;
    if (begun?.reworked.reworkId !== event.data.reworkId) return state;
    const rework = { ...begun, parts: [...begun.parts, event.data] };
    if (rework.parts.length < rework.reworked.continued) return { ...state, begun: rework };
    const hasBegunMonth = state.hasBegunMonth || rework.reworked.trigger === 'monthBegan';
    return { whole: rework, begun: undefined, hasBegunMonth };
  },
};

const monthOf = (day: string): string => day.slice(0, 'yyyy-mm'.length);

/** As `LoadProfiles`; what stands is read from the streams of this month and the last. */
export function createLoadProfiles(options: LoadProfilesOptions): LoadProfiles {
  const { gridId, basis, metering, customers, store, clock } = options;
  const handler = createCommandHandler<MonthState, ReworkCommand, LoadProfilesEvent>({
    store,
    clock,
    cachedStreams: 2,
    decider: reworkDecider,
  });
  let indexed: (StandingProfiles & { readonly reworked: Reworked }) | undefined;
  const today = (): string => civilDay(clock.nowMs(), basis.timeZone);
  const streamOf = (day: string): string => loadProfilesStream(gridId, monthOf(day));

  async function recorded(): Promise<RecordedRework | undefined> {
    const day = today();
    const { whole } = await handler.stateOf(streamOf(day));
    if (whole) return whole;
    const lastMonth = addDays(`${monthOf(day)}-01`, -1);
    return (await handler.stateOf(streamOf(lastMonth))).whole;
  }

  const eventsOn = async (
    day: string,
    trigger: Reworked['trigger'],
    reason: string | null,
  ): Promise<LoadProfilesEvent[]> =>
    reworkedProfiles({
      ...{ gridId, basis, metering, trigger, reason },
      customers: await customers(day),
      today: day,
    });

  return {
    async standing() {
      const rework = await recorded();
      if (!rework) return undefined;
      if (indexed?.reworkId !== rework.reworked.reworkId) indexed = indexOf(rework);
      return indexed;
    },
    async monthBegan(month, context) {
      const day = today();
      if (monthOf(day) !== month) return;
      const stream = streamOf(day);
      if ((await handler.stateOf(stream)).hasBegunMonth) return;
      // What was first measured in a month waits for the next one, whenever the platform comes up.
      const first = await metering.firstDay();
      if (first === undefined || monthOf(first) >= month) return;
      const events = await eventsOn(day, 'monthBegan', null);
      if (events.length > 0) await handler.handle(stream, events, context);
    },
    async rework(reason, context) {
      const day = today();
      const events = await eventsOn(day, 'operator', reason);
      const [first] = events;
      if (first?.type !== 'LoadProfilesReworked') {
        throw new DomainError(
          'profiles-unmeasured',
          `Nothing was measured of customers of grid ${gridId} until two days before ${isoFromMs(clock.nowMs())}; ` +
            'profiles are reworked from meters, once there are two days of them.',
        );
      }
      await handler.handle(streamOf(day), events, context);
      return (await recorded())!.reworked;
    },
  };
}

function indexOf({ reworked, parts }: RecordedRework) {
  const byKind = new Map(DAY_KINDS.map((kind) => [kind, new Map<string, LoadHistory>()]));
  const pods = new Set<string>();
  for (const { dayKind, podIds, sumW, days } of parts) {
    podIds.forEach((podId, index) => {
      pods.add(podId);
      byKind.get(dayKind)!.set(podId, {
        sumW: Float64Array.from(sumW[index]!),
        days: Uint16Array.from(days[index]!),
      });
    });
  }
  return {
    reworked,
    reworkId: reworked.reworkId,
    lastDay: reworked.madeFrom.lastDay,
    holds: (podId: string) => pods.has(podId),
    historyOf: (podId: string, kind: ProfilesPart['dayKind']) => byKind.get(kind)!.get(podId),
  };
}
