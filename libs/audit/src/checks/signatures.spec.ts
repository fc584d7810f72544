import type { MeasurementInput } from '@flexledger/domain';
import { canonicalJson, nodeKeyFrom, sha256Hex, signMessage } from '@flexledger/identity';
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
const rotated: SmallEvent = {
  streamId: `node-${POD}`,
  type: 'KeyRotated',
  data: { podId: POD, publicKey: nextKey.publicKey },
};

function measured(
  sequence: number,
  time: string,
  options: { readonly by?: typeof key; readonly signed?: Partial<MeasurementInput> } = {},
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
  return { streamId: `meter-${POD}-2026-03`, type: 'MeasurementRecorded', data };
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
