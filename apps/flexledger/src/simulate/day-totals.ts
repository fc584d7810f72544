import type {
  CertificationEvent,
  MarketSessionEvent,
  Product,
  RecordedEvent,
  SettlementEvent,
} from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';

/** What a day came to; counted from the log, once it is over. Energy in Wh, money in micro-euro. */
export interface DayTotals {
  readonly pods: number;
  readonly sessions: number;
  readonly requests: number;
  readonly offers: number;
  readonly requestedWh: number;
  readonly acceptedWh: number;
  readonly deliveredWh: number;
  /** The same of reactive power. */
  readonly requestedVarh: number;
  readonly acceptedVarh: number;
  readonly deliveredVarh: number;
  readonly violations: number;
  readonly setpoints: number;
  readonly setpointsApplied: number;
  readonly measurements: number;
  readonly rejectedPackets: number;
  readonly settledMicroEur: number;
  readonly checkpoints: number;
  readonly anchors: number;
  readonly events: number;
}

const WH_PER_W_MTU = 0.25;

/** Counts a log. */
export async function dayTotals(store: EventStore): Promise<DayTotals> {
  const count = new Map<string, number>();
  let offers = 0;
  const zero = (): Record<Product, number> => ({ P: 0, Q: 0 });
  const [requested, accepted, delivered] = [zero(), zero(), zero()];
  let settledMicroEur = 0;
  for await (const event of store.readAll()) {
    count.set(event.type, (count.get(event.type) ?? 0) + 1);
    const recorded = event as unknown as RecordedEvent & (MarketSessionEvent | SettlementEvent);
    switch (recorded.type) {
      case 'FlexibilityOffered':
        offers += recorded.data.offers.length;
        break;
      case 'FlexibilityRequested':
        requested[recorded.data.product] += sum(recorded.data.quantityW);
        break;
      case 'ResultPublished':
        for (const row of recorded.data.rows) accepted[row.product] += sum(row.acceptedW);
        break;
      case 'SettlementPublished':
        delivered.P += recorded.data.deliveredWMtu;
        delivered.Q += recorded.data.deliveredVarMtu ?? 0;
        settledMicroEur += recorded.data.netMicroEur;
        break;
    }
  }
  const of = (
    type: (MarketSessionEvent | SettlementEvent | CertificationEvent)['type'] | (string & {}),
  ): number => count.get(type) ?? 0;
  return {
    pods: of('PodRegistered'),
    sessions: of('SessionScheduled'),
    requests: of('FlexibilityRequested'),
    offers,
    requestedWh: requested.P * WH_PER_W_MTU,
    acceptedWh: accepted.P * WH_PER_W_MTU,
    deliveredWh: delivered.P * WH_PER_W_MTU,
    requestedVarh: requested.Q * WH_PER_W_MTU,
    acceptedVarh: accepted.Q * WH_PER_W_MTU,
    deliveredVarh: delivered.Q * WH_PER_W_MTU,
    violations: of('ViolationDetected'),
    setpoints: of('SetpointIssued'),
    setpointsApplied: of('SetpointApplied'),
    measurements: of('MeasurementRecorded'),
    rejectedPackets: of('PacketRejected'),
    settledMicroEur,
    checkpoints: of('CheckpointSealed'),
    anchors: of('CheckpointAnchored'),
    events: [...count.values()].reduce((total, number) => total + number, 0),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
