/** Readings of phasor measurement units, as they come and with the power that is calculated from them. */
import {
  PHASES,
  type PhasePower,
  type Phase,
  type PhaseReading,
  threePhasePower,
} from '@flexledger/grid';
import { isoFromMs } from '@flexledger/runtime';
import { instantOf, membersOf } from './payload';

/** One reading of the three phases. */
export interface PhasorReading {
  readonly device: string;
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly frequencyHz: number | null;
  readonly phases: Readonly<Record<Phase, PhaseReading>>;
}

/** The same with what it means in power, beside the measured values. */
export interface ProcessedReading extends Omit<PhasorReading, 'phases'> {
  readonly phases: Readonly<Record<Phase, PhaseReading & PhasePower>>;
  readonly total: PhasePower;
}

const DEVICE = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/;
const MEMBERS = ['voltageV', 'voltageDegree', 'currentA', 'currentDegree'] as const;
/** Above every network and every current in one. */
const LARGEST = 1e7;

/**
 * @param topicDevice the device whose own topic it came on; undefined on the common one
 * @throws Error saying why it is no reading, in words for whoever operates the device
 */
export function parseReading(said: unknown, topicDevice: string | undefined): PhasorReading {
  const { device = topicDevice, at, frequencyHz = null, phases } = membersOf(said);
  if (typeof device !== 'string' || !DEVICE.test(device)) {
    throw new Error('device must be a name of letters, digits, ".", "_", ":" or "-"');
  }
  if (topicDevice !== undefined && device !== topicDevice) {
    throw new Error(`it says it is of ${device}, on the topic of ${topicDevice}`);
  }
  const atMs = instantOf('at', at);
  if (frequencyHz !== null && !isBetween(frequencyHz, 0, 1_000)) {
    throw new Error('frequencyHz must be a number');
  }
  const given = (typeof phases === 'object' && phases !== null ? phases : {}) as Record<
    string,
    Record<string, unknown> | undefined
  >;
  const missing = PHASES.filter((phase) => !given[phase]);
  if (missing.length > 0) {
    const what =
      missing.length === 1 ? `phase ${missing[0]} is` : `phases ${missing.join(', ')} are`;
    throw new Error(`${what} missing; the power of three phases needs all of them`);
  }
  const wrong = wrongMember(given);
  if (wrong !== undefined) throw new Error(wrong);
  const reading = Object.fromEntries(
    PHASES.map((phase) => [
      phase,
      Object.fromEntries(MEMBERS.map((member) => [member, given[phase]![member]])),
    ]),
  ) as unknown as PhasorReading['phases'];
  return {
    device,
    at: isoFromMs(atMs),
    frequencyHz: frequencyHz as number | null,
    phases: reading,
  };
}

/** Which member of which phase is no number that it may be; undefined where all are. */
function wrongMember(
  phases: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>,
): string | undefined {
  for (const phase of PHASES) {
    for (const member of MEMBERS) {
      const [least, most] = member.endsWith('Degree') ? [-360, 360] : [0, LARGEST];
      if (!isBetween(phases[phase]![member], least!, most!)) {
        return `phases.${phase}.${member} must be a number from ${least} to ${most}`;
      }
    }
  }
  return undefined;
}

const isBetween = (value: unknown, least: number, most: number): boolean =>
  typeof value === 'number' && value >= least && value <= most;

/** Power to a thousandth of a watt. */
const milli = (value: number): number => Math.round(value * 1_000) / 1_000 + 0;
const rounded = ({ activeW, reactiveVar }: PhasePower): PhasePower => ({
  activeW: milli(activeW),
  reactiveVar: milli(reactiveVar),
});

/** A reading with its power. */
export function processed(reading: PhasorReading): ProcessedReading {
  const { phases, total } = threePhasePower(reading.phases);
  const withPower = (phase: Phase) => ({ ...reading.phases[phase], ...rounded(phases[phase]) });
  return {
    ...reading,
    phases: { L1: withPower('L1'), L2: withPower('L2'), L3: withPower('L3') },
    total: rounded(total),
  };
}
