import type { MeasurementInput } from '@flexledger/domain';
import {
  canonicalJson,
  nodeKeyFrom,
  sha256Hex,
  signKeyRotation,
  signMessage,
} from '@flexledger/identity';
import { createFindings } from '../report';
import { WHOLE_LOG } from '../scope';
import { smallLog, tools } from '../testing/node-tools';
import { type SmallEvent, failuresOf } from '../testing/small-log';
import { createSignatureCheck } from './signatures';

const POD = 'IT002E00000001';
const key = nodeKeyFrom('01'.repeat(32));
const nextKey = nodeKeyFrom('02'.repeat(32));

const enrolled: SmallEvent = {
  streamId: `node-${POD}`,
  type: 'NodeEnrolled',
  data: { podId: POD, publicKey: key.publicKey, meterDriver: 'simulated' },
};
/** When everything below was measured. */
const AFTERWARDS = '2026-03-17T12:00:00.000Z';

const rotation = signKeyRotation(POD, { from: key, to: nextKey, at: AFTERWARDS });
const rotated: SmallEvent = {
  streamId: `node-${POD}`,
  type: 'KeyRotated',
  data: { podId: POD, publicKey: nextKey.publicKey, rotation },
};

function measured(
  sequence: number,
  time: string,
  options: {
    readonly by?: typeof key;
    readonly signed?: Partial<MeasurementInput>;
    readonly occurredAt?: string;
  } = {},
): SmallEvent {
  const inputData = {
    podId: POD,
    sequence,
    mtuStart: `2026-03-17T${time}:00.000Z`,
    withdrawnWh: 5,
    injectedWh: 0,
    reactiveVarh: 1,
    withdrawnTotalWh: 5,
    injectedTotalWh: 0,
    ...options.signed,
  };
  const text = canonicalJson(inputData);
  const { privateKey } = options.by ?? key;
  const signedHash = signMessage(privateKey, text);
  const data = { podId: POD, sequence, inputData, hash: sha256Hex(text), signedHash };
  const { occurredAt = AFTERWARDS } = options;
  return { streamId: `meter-${POD}-2026-03`, type: 'MeasurementRecorded', data, occurredAt };
}

async function failures(events: readonly SmallEvent[]): Promise<[number | undefined, string][]> {
  const check = createSignatureCheck(WHOLE_LOG, tools, createFindings('signatures'));
  const found = await failuresOf(check, smallLog(events));
  return found.map(({ position, reason }) => [position, reason]);
}

it('accepts what the enrolled key signed, late packets and gaps in the sequence too', async () => {
  const log = [enrolled, measured(0, '00:00'), measured(5, '00:30'), measured(3, '00:15')];
  expect(await failures(log)).toEqual([]);
});

it('wants the key that was enrolled at that point of the log', async () => {
  const unsigned = 'it is not signed with the key enrolled for its PoD';
  const log = [
    enrolled,
    measured(0, '00:00', { by: nextKey }),
    rotated,
    measured(1, '00:15'),
    measured(2, '00:30', { by: nextKey }),
  ];
  expect(await failures(log)).toEqual([
    [1, unsigned],
    [3, unsigned],
  ]);
});

it('wants a node', async () => {
  const reason = `no node was enrolled for PoD ${POD} before it`;
  expect(await failures([measured(0, '00:00'), enrolled])).toEqual([[0, reason]]);
});

it('names what does not fit what was signed', async () => {
  const other = measured(1, '00:00');
  const log: SmallEvent[] = [
    enrolled,
    { ...other, data: { ...other.data, hash: '0'.repeat(64) } },
    measured(2, '00:15', { signed: { podId: 'IT002E00000002' } }),
    { ...measured(3, '00:30'), streamId: 'meter-IT002E00000002-2026-03' },
  ];
  expect(await failures(log)).toEqual([
    [1, 'its hash is not that of its input data'],
    [2, 'it was signed for PoD IT002E00000002, sequence 2'],
    [3, `its stream is not that of PoD ${POD} at 2026-03-17T00:30:00.000Z`],
  ]);
});

it('wants each quarter-hour once, and sequences in the order of time', async () => {
  const log = [enrolled, measured(4, '01:00'), measured(5, '01:00'), measured(9, '00:45')];
  expect(await failures(log)).toEqual([
    [2, `quarter-hour 2026-03-17T01:00:00.000Z of PoD ${POD} is recorded a second time`],
    [3, 'sequence 9 is not between -1 and 5, its neighbours in time'],
  ]);
});

const quadrants = {
  inductiveWithdrawnVarh: 0,
  capacitiveInjectedVarh: 0,
  inductiveInjectedVarh: 0,
  capacitiveWithdrawnVarh: 0,
};

it('wants what can be true: counts of energy, of a quarter-hour that was over', async () => {
  const log = [
    enrolled,
    measured(0, '00:00', { signed: { withdrawnWh: -1 } }),
    measured(1, '00:15', { signed: { injectedWh: 0.5 } }),
    measured(2, '00:30', { signed: { mtuStart: '2026-03-17T00:31:00.000Z' } }),
    measured(3, '11:45'),
    measured(4, '12:00'),
    measured(5, '00:45', { signed: { chain2Full: { ...quadrants, meanPowerW: 1 } } }),
  ];
  expect(await failures(log)).toEqual([
    [1, 'its withdrawnWh -1 is not a count'],
    [2, 'its injectedWh 0.5 is not a count'],
    [3, '2026-03-17T00:31:00.000Z does not start a quarter-hour'],
    [5, expect.stringMatching(/before the quarter-hour from .*12:00:00.000Z was over/)],
    [6, 'its meanPowerW 1 is not the 20 W of its energies'],
  ]);
});

it('wants nothing of a revoked node, but what was on its way, and no key a second time', async () => {
  const revoked: SmallEvent = {
    streamId: `node-${POD}`,
    type: 'NodeRevoked',
    data: { podId: POD, reason: 'stolen' },
    occurredAt: AFTERWARDS,
  };
  const onItsWay = measured(0, '00:00', { occurredAt: '2026-03-17T12:00:59.000Z' });
  const late = measured(1, '00:15', { occurredAt: '2026-03-17T12:01:01.000Z' });
  const log = [enrolled, revoked, onItsWay, late, rotated, enrolled];
  expect(await failures(log)).toEqual([
    [3, `the node of PoD ${POD} was revoked before it`],
    [4, `PoD ${POD} had no node whose key it could replace`],
    [5, expect.stringMatching(/has given up key/)],
  ]);
});

describe('a key that follows another', () => {
  const stranger = nodeKeyFrom('03'.repeat(32));
  const by = (change: object): SmallEvent => ({ ...rotated, data: { ...rotated.data, ...change } });
  const signedBy = (from: typeof key, to: typeof key, podId = POD) =>
    by({ rotation: signKeyRotation(podId, { from, to, at: AFTERWARDS }) });

  it('is named by the one before, and signs for itself', async () => {
    expect(await failures([enrolled, rotated, measured(0, '00:00', { by: nextKey })])).toEqual([]);
  });

  it.each<[string, SmallEvent]>([
    [
      'in a log that keeps no signature',
      { ...rotated, schemaVersion: 1, data: { podId: POD, publicKey: nextKey.publicKey } },
    ],
    ['by nobody', by({ rotation: undefined })],
    ['by a stranger', signedBy(stranger, nextKey)],
    ['for another next key', signedBy(key, stranger)],
    ['for another PoD', signedBy(key, nextKey, 'IT002E00000002')],
    ['by the new key only', by({ rotation: { ...rotation, previousProof: rotation.proof } })],
    ['by the old key only', by({ rotation: { ...rotation, proof: rotation.previousProof } })],
    ['by no signature', by({ rotation: { ...rotation, previousProof: 'ab' } })],
    [
      'at another instant',
      by({ rotation: { ...rotation, content: { ...rotation.content, at: '2026-03-18' } } }),
    ],
  ])('is told where it was named %s', async (_, event) => {
    expect(await failures([enrolled, event])).toEqual([
      [1, 'it is not signed by the key it replaces, and by the new one'],
    ]);
  });
});

describe('a packet that was refused for its signature', () => {
  const packet = { ...measured(0, '00:00').data, publicKey: key.publicKey };
  const refused = (change: object, reason = 'wrong-signature'): SmallEvent => ({
    streamId: `meter-${POD}-2026-03`,
    type: 'PacketRejected',
    data: { podId: POD, reason, detail: '', packet: JSON.stringify({ ...packet, ...change }) },
  });

  it('is one that has none', async () => {
    const log = [
      enrolled,
      refused({ signedHash: '1'.repeat(128) }),
      refused({ hash: '0'.repeat(64) }, 'wrong-hash'),
      refused({}, 'out-of-order'),
      refused({ inputData: null }),
    ];
    expect(await failures(log)).toEqual([]);
  });

  it('is named where the signature is there', async () => {
    expect(await failures([enrolled, refused({})])).toEqual([
      [1, expect.stringMatching(/^it was refused for "wrong-signature"/)],
    ]);
  });
});
