/** What goes wrong on purpose in a day of organisations: each is killed once, and two cannot reach each other for a gate. */
import { type DeliveryPeriod, type RulePack, sessionsDelivering } from '@flexledger/domain';
import { drawInteger, drawOne, seededRandom } from '@flexledger/runtime';

/** An organisation's end on purpose. */
export interface OrganisationKill {
  readonly organisation: string;
  /** Quarter-hour of the delivery day. */
  readonly mtu: number;
  /** Real time after its begin. */
  readonly delayMs: number;
}

/** The network between the market and another organisation is cut while a gate is open. */
export interface Cut {
  readonly organisation: string;
  readonly sessionId: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Longest time into a quarter-hour, in real milliseconds, at which a process is killed. */
const LATEST_KILL_MS = 400;
/** The wire is gone before the gate opens, and there again after it has closed. */
const AROUND_GATE_MS = 1_000;

/** Each organisation once, in the order of the quarter-hours. */
export function drawOrganisationKills(
  seed: number,
  names: readonly string[],
  mtuCount: number,
): OrganisationKill[] {
  const random = seededRandom(seed, 'kills');
  const kills = names.map((organisation) => ({
    organisation,
    mtu: drawInteger(random, 0, mtuCount - 1),
    delayMs: drawInteger(random, 0, LATEST_KILL_MS),
  }));
  return kills.sort((one, other) => one.mtu - other.mtu);
}

/** A gate that opens within the delivery day, and who cannot reach the market meanwhile. */
export function drawCut(
  seed: number,
  organisations: readonly string[],
  day: string,
  period: DeliveryPeriod,
  rules: RulePack,
): Cut {
  const random = seededRandom(seed, 'cut');
  const gates = sessionsDelivering(day, rules).filter(
    ({ gateOpensMs }) => gateOpensMs > period.startMs,
  );
  const { sessionId, gateOpensMs, gateClosesMs } = drawOne(random, gates);
  return {
    organisation: drawOne(random, organisations),
    sessionId,
    fromMs: gateOpensMs - AROUND_GATE_MS,
    untilMs: gateClosesMs + AROUND_GATE_MS,
  };
}
