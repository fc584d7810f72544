import fc from 'fast-check';
import { givenOf } from '../testing/decider-spec';
import { MTU_MS } from '../time/delivery-day';
import {
  MAX_REJECTIONS,
  type MeterCommand,
  meterDecider,
  type PacketFacts,
  rejectionOf,
  sequencesRecorded,
  UNKNOWN_SENDER,
} from './decider';
import type { MeterEvent, RejectionReason } from './events';
import type { MeasurementInput, MeasurementPacket } from './packet';

const podId = 'IT002E60776854';
const enrolledKey = `04${'1a'.repeat(64)}`;
const monthMs = Date.parse('2026-03-01T00:00:00.000Z');
const given = givenOf(meterDecider);

type RecordPacket = Extract<MeterCommand, { kind: 'recordPacket' }>;

/** A sound packet of the quarter-hour `mtu` of March, told just after it has ended. */
function record(
  sequence: number,
  mtu: number,
  { input = {}, packet = {}, facts = {} }: Deviation = {},
): RecordPacket {
  const startMs = monthMs + mtu * MTU_MS;
  const inputData: MeasurementInput = {
    podId,
    sequence,
    mtuStart: new Date(startMs).toISOString(),
    withdrawnWh: 250,
    injectedWh: 0,
    reactiveVarh: -40,
    withdrawnTotalWh: 1_000_000,
    injectedTotalWh: 0,
    ...input,
  };
  return {
    kind: 'recordPacket',
    packet: {
      podId,
      sequence,
      inputData,
      hash: (sequence * 10_000 + mtu).toString(16).padStart(13, '0').padEnd(64, '0'),
      signedHash: 'signature',
      publicKey: enrolledKey,
      ...packet,
    },
    packetText: 'as received',
    topicPodId: podId,
    enrolledKey,
    hashMatches: true,
    signatureValid: true,
    nowMs: startMs + MTU_MS + 1_000,
    limits: { maxFutureMs: 60_000, maxAgeMs: 31 * 86_400_000, maxPowerW: 6_000 },
    previousSequence: -1,
    ...facts,
  };
}

interface Deviation {
  readonly input?: Partial<MeasurementInput>;
  readonly packet?: Partial<MeasurementPacket>;
  readonly facts?: Partial<PacketFacts>;
}

function recorded({ packet }: RecordPacket): MeterEvent {
  const { sequence, inputData, hash, signedHash } = packet;
  return {
    type: 'MeasurementRecorded',
    data: { podId: packet.podId, sequence, inputData, hash, signedHash },
  };
}

function reasonsOf(command: MeterCommand, ...past: readonly MeterEvent[]): RejectionReason[] {
  const state = past.reduce(meterDecider.evolve, meterDecider.initialState);
  return meterDecider
    .decide(command, state)
    .map((event) => (event.type === 'PacketRejected' ? event.data.reason : fail(event.type)));
}

function fail(what: string): never {
  throw new Error(`not rejected: ${what}`);
}

describe('a meter', () => {
  const first = record(7, 0);
  const third = record(9, 2);

  it('records what its node has signed', () => {
    given().when(first).then(recorded(first));
    given(recorded(first)).when(third).then(recorded(third));
  });

  it('answers a packet sent again by nothing, wherever it stands', () => {
    given(recorded(first), recorded(third)).when(first).then();
    given(recorded(first), recorded(third)).when(third).then();
  });

  it('keeps a rejected packet as evidence, cut to a bounded size', () => {
    const forged = record(7, 0, {
      facts: { signatureValid: false, packetText: 'x'.repeat(5_000) },
    });
    given()
      .when(forged)
      .then({
        type: 'PacketRejected',
        data: {
          podId,
          reason: 'wrong-signature',
          detail: 'the signature is not by the enrolled key',
          packet: 'x'.repeat(4_096),
        },
      });
  });

  it('cuts evidence without leaving half a character', () => {
    const text = `${'x'.repeat(4_095)}\u{1f50c}`;
    const [event] = meterDecider.decide(
      record(7, 0, { facts: { hashMatches: false, packetText: text } }),
      meterDecider.initialState,
    );
    expect(event?.data).toMatchObject({ packet: `${'x'.repeat(4_095)}\ufffd` });
  });

  it('keeps what cannot be read', () => {
    const what = { reason: 'malformed', detail: 'not JSON' } as const;
    given()
      .when({ kind: 'rejectPacket', podId: UNKNOWN_SENDER, ...what, packetText: '{' })
      .then({ type: 'PacketRejected', data: { podId: 'unknown', ...what, packet: '{' } });
  });

  it('keeps so many rejected packets and no more, and goes on recording', () => {
    const forged = record(7, 0, { facts: { hashMatches: false } });
    const kept = fold(Array.from({ length: MAX_REJECTIONS + 5 }, () => forged));
    expect(kept).toHaveLength(MAX_REJECTIONS);
    given(...kept)
      .when(first)
      .then(recorded(first));
    const state = kept.reduce(meterDecider.evolve, meterDecider.initialState);
    expect(rejectionOf(forged, state)?.reason).toBe('wrong-hash');
    expect(rejectionOf(first, state)).toBeUndefined();
  });

  it('tells the first and the last sequence of its month', () => {
    const state = [first, third]
      .map(recorded)
      .reduce(meterDecider.evolve, meterDecider.initialState);
    expect(sequencesRecorded(state)).toEqual({ first: 7, last: 9 });
    expect(sequencesRecorded(meterDecider.initialState)).toBeUndefined();
  });

  it('names nobody in the log who is not enrolled', () => {
    const state = meterDecider.initialState;
    const stranger = record(1, 0, { facts: { enrolledKey: undefined } });
    const [event] = meterDecider.decide(stranger, state);
    expect(event?.data).toMatchObject({ podId: 'unknown', reason: 'unknown-node' });
  });

  it.each<[RejectionReason, string, Deviation]>([
    ['wrong-topic', "another PoD's topic", { facts: { topicPodId: 'IT002E00000001' } }],
    ['wrong-key', 'a key that is not enrolled', { packet: { publicKey: '04ff' } }],
    ['wrong-hash', 'a hash of something else', { facts: { hashMatches: false } }],
    ['wrong-signature', 'a signature by nobody', { facts: { signatureValid: false } }],
    ['malformed', 'input data of another PoD', { input: { podId: 'IT002E00000001' } }],
    ['malformed', 'input data of another sequence', { input: { sequence: 8 } }],
    ['wrong-time', 'no instant', { input: { mtuStart: 'yesterday' } }],
    ['wrong-time', 'no whole quarter-hour', { input: { mtuStart: '2026-03-01T00:07:00.000Z' } }],
    ['wrong-time', 'no day there is', { input: { mtuStart: '2026-02-29T00:00:00.000Z' } }],
    ['wrong-time', 'another time zone', { input: { mtuStart: '2026-03-01T00:00:00+00:00' } }],
    ['wrong-time', 'the future', { facts: { nowMs: monthMs + MTU_MS - 60_001 } }],
    ['wrong-time', 'a past too long ago', { facts: { nowMs: monthMs + 31 * 86_400_000 + 1 } }],
    ['implausible', 'more power than the connection has', { input: { withdrawnWh: 1_501 } }],
    ['implausible', 'reactive power beyond the connection', { input: { reactiveVarh: -1_501 } }],
    ['implausible', 'a negative count', { input: { injectedWh: -1 } }],
    ['implausible', 'a fraction', { input: { withdrawnWh: 0.5 } }],
    ['implausible', 'a counter that is no number', { input: { withdrawnTotalWh: NaN } }],
  ])('rejects as %s: %s', (reason, _, deviation) => {
    expect(reasonsOf(record(7, 0, deviation))).toEqual([reason]);
  });

  const chain2Full = {
    meanPowerW: 1_000,
    inductiveWithdrawnVarh: 10,
    capacitiveInjectedVarh: 0,
    inductiveInjectedVarh: 0,
    capacitiveWithdrawnVarh: 50,
  };

  it('records data set Chain2Full, its quadrants apart', () => {
    const full = record(7, 0, { input: { chain2Full } });
    given().when(full).then(recorded(full));
  });

  it.each<[string, Partial<typeof chain2Full>]>([
    ['meanPowerW 999 is not the 1000 W of its energies', { meanPowerW: 999 }],
    ['reactiveVarh -40 is not the -30 varh of its quadrants', { capacitiveInjectedVarh: 10 }],
    ['capacitiveWithdrawnVarh -1 is not a count', { capacitiveWithdrawnVarh: -1 }],
    ['inductiveWithdrawnVarh 0.5 is not a count', { inductiveWithdrawnVarh: 0.5 }],
  ])('rejects as implausible what contradicts itself: %s', (detail, change) => {
    const full = record(7, 0, { input: { chain2Full: { ...chain2Full, ...change } } });
    expect(rejectionOf(full, meterDecider.initialState)).toEqual({ reason: 'implausible', detail });
  });

  it('takes what lies exactly at the limits', () => {
    const atLimits: Deviation[] = [
      { facts: { nowMs: monthMs + MTU_MS - 60_000 } },
      { facts: { nowMs: monthMs + 31 * 86_400_000 } },
      { input: { withdrawnWh: 1_500, reactiveVarh: 1_500 } },
      { input: { mtuStart: '2026-03-01T00:00:00Z' } },
    ];
    for (const deviation of atLimits) {
      const packet = record(7, 0, deviation);
      given().when(packet).then(recorded(packet));
    }
  });

  describe('and the order of its packets', () => {
    const standing = [recorded(first), recorded(third)];

    it('takes a packet that comes late into its gap', () => {
      given(...standing)
        .when(record(8, 1))
        .then(recorded(record(8, 1)));
    });

    it('takes no sequence twice with another content', () => {
      expect(reasonsOf(record(9, 5), ...standing)).toEqual(['replayed']);
    });

    it('takes no quarter-hour twice', () => {
      expect(reasonsOf(record(10, 2), ...standing)).toEqual(['replayed']);
    });

    it('refuses a higher sequence for an earlier quarter-hour, and the contrary', () => {
      expect(reasonsOf(record(10, 1), ...standing)).toEqual(['out-of-order']);
      expect(reasonsOf(record(8, 3), ...standing)).toEqual(['out-of-order']);
    });

    it('goes on where the months before and after stand', () => {
      const facts = { previousSequence: 6, followingSequence: 10 };
      given()
        .when(record(7, 0, { facts }))
        .then(recorded(first));
      expect(reasonsOf(record(6, 0, { facts }))).toEqual(['out-of-order']);
      expect(reasonsOf(record(10, 0, { facts }))).toEqual(['out-of-order']);
    });
  });

  const distinct = (max: number) =>
    fc
      .uniqueArray(fc.nat({ max }), { minLength: 1, maxLength: 40 })
      .map((values) => values.sort((a, b) => a - b));

  it('ends at the same measurements whatever the order of arrival, each recorded once', () => {
    const sent = fc
      .tuple(distinct(500), distinct(2_975))
      .map(([sequences, mtus]) =>
        sequences.slice(0, mtus.length).map((sequence, index) => record(sequence, mtus[index]!)),
      );
    const arrivals = sent.chain((packets) =>
      fc
        .shuffledSubarray([...packets, ...packets], { minLength: packets.length * 2 })
        .map((arrived) => ({ packets, arrived })),
    );
    fc.assert(
      fc.property(arrivals, ({ packets, arrived }) => {
        const events = fold(arrived);
        const bySequence = [...events].sort((one, other) => sequenceOf(one) - sequenceOf(other));
        expect(bySequence).toEqual(packets.map(recorded));
      }),
    );
  });

  it('never records a sequence against the order of time, whatever is sent', () => {
    const anything = fc.array(fc.tuple(fc.nat({ max: 30 }), fc.nat({ max: 300 })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(anything, (pairs) => {
        const events = fold(pairs.map(([sequence, mtu]) => record(sequence, mtu)))
          .filter((event) => event.type === 'MeasurementRecorded')
          .sort((one, other) => one.data.sequence - other.data.sequence);
        events.slice(1).forEach((event, index) => {
          const before = events[index]!.data;
          expect(event.data.sequence).toBeGreaterThan(before.sequence);
          expect(event.data.inputData.mtuStart > before.inputData.mtuStart).toBe(true);
        });
      }),
    );
  });

  it('does not change the state that it decides on', () => {
    const state = meterDecider.evolve(meterDecider.initialState, recorded(first));
    const before = structuredClone(state);
    meterDecider.evolve(state, recorded(third));
    expect(state).toEqual(before);
  });
});

function fold(commands: readonly MeterCommand[]): MeterEvent[] {
  let state = meterDecider.initialState;
  return commands.flatMap((command) => {
    const events = meterDecider.decide(command, state);
    state = events.reduce(meterDecider.evolve, state);
    return events;
  });
}

function sequenceOf(event: MeterEvent): number {
  return event.type === 'MeasurementRecorded' ? event.data.sequence : -1;
}

describe('counters that run backwards', () => {
  const counting = (sequence: number, withdrawnTotalWh: number, injectedTotalWh = 0) =>
    record(sequence, sequence, { input: { withdrawnTotalWh, injectedTotalWh } });
  const reset = (command: RecordPacket): MeterEvent =>
    meterDecider.decide(
      command,
      [recorded(counting(0, 180_000))].reduce(meterDecider.evolve, meterDecider.initialState),
    )[0]!;

  it('are refused for that, and judge later ones: a meter that was changed goes on', () => {
    const changed = counting(1, 0);
    expect(reset(changed)).toMatchObject({
      type: 'PacketRejected',
      data: {
        reason: 'counter-reset',
        counters: { sequence: 1, withdrawnTotalWh: 0, injectedTotalWh: 0 },
      },
    });
    const past = [recorded(counting(0, 180_000)), reset(changed)];
    given(...past)
      .when(counting(2, 50))
      .then(recorded(counting(2, 50)));
  });

  it('stay refused when the packet comes again', () => {
    const changed = counting(1, 0);
    const past = [recorded(counting(0, 180_000)), reset(changed)];
    expect(reasonsOf(changed, ...past)).toEqual(['counter-reset']);
  });

  it.each([
    ['withdrawn', counting(1, 179_999, 10)],
    ['fed in', counting(1, 180_000, 9)],
  ])('of energy %s', (_, command) => {
    expect(reasonsOf(command, recorded(counting(0, 180_000, 10)))).toEqual(['counter-reset']);
  });

  it('are seen across months, and not in a packet that was stored before', () => {
    const previousCounters = { sequence: 0, withdrawnTotalWh: 180_000, injectedTotalWh: 0 };
    const first = { ...counting(1, 0), previousSequence: 0, previousCounters };
    expect(reasonsOf(first)).toEqual(['counter-reset']);
    const stored = counting(1, 100);
    given(recorded(counting(2, 200)))
      .when(stored)
      .then(recorded(stored));
  });

  it('are not those of a packet that repeats itself', () => {
    given(recorded(counting(0, 100)), recorded(counting(1, 200)))
      .when(counting(0, 100))
      .then();
  });
});
