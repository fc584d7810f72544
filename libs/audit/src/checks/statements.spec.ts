import { canonicalJson, nodeKeyFrom, signMessage } from '@flexledger/identity';
import { createFindings } from '../report';
import { WHOLE_LOG } from '../scope';
import { smallLog, tools } from '../testing/node-tools';
import { type SmallEvent, failuresOf } from '../testing/small-log';
import { createStatementCheck } from './statements';

const POD = 'IT002E00000001';
const key = nodeKeyFrom('01'.repeat(32));
const other = nodeKeyFrom('02'.repeat(32));
const AT = '2026-03-17T10:45:01.000Z';

const enrolled: SmallEvent = {
  streamId: `node-${POD}`,
  type: 'NodeEnrolled',
  data: { podId: POD, publicKey: key.publicKey, meterDriver: 'simulated' },
  occurredAt: AT,
};
const revoked: SmallEvent = {
  streamId: `node-${POD}`,
  type: 'NodeRevoked',
  data: { podId: POD, reason: 'stolen' },
  occurredAt: AT,
};

const rotated: SmallEvent = {
  ...enrolled,
  type: 'KeyRotated',
  data: { podId: POD, publicKey: other.publicKey },
};
const replaced: SmallEvent = {
  ...enrolled,
  data: { ...enrolled.data, publicKey: other.publicKey },
};

function statement(change: object = {}, by = key, occurredAt = AT): SmallEvent {
  const content = { setpointId: 's1', podId: POD, receivedAt: AT, emsReceivedAt: AT };
  const signature = signMessage(by.privateKey, canonicalJson(content));
  const data = { podId: POD, content, signature, publicKey: by.publicKey, ...change };
  return {
    streamId: `statements-${POD}-2026-03`,
    type: 'SetpointReceiptSigned',
    data,
    occurredAt,
  };
}

async function failures(events: readonly SmallEvent[]): Promise<string[]> {
  const check = createStatementCheck(WHOLE_LOG, tools, createFindings('signatures'));
  const found = await failuresOf(check, smallLog(events));
  return found.map(({ position, reason }) => `${position}: ${reason}`);
}

const UNSIGNED = 'it is not signed with the key enrolled for its PoD';
const late = '2026-03-17T10:46:02.000Z';

it.each<[string, SmallEvent[], string[]]>([
  ['by the enrolled key', [enrolled, statement()], []],
  ['as an activation', [enrolled, { ...statement(), type: 'ActivationSigned' }], []],
  ['by another key', [enrolled, statement({}, other)], [`1: ${UNSIGNED}`]],
  [
    'by another in the name of the enrolled one',
    [enrolled, statement({ publicKey: key.publicKey }, other)],
    [`1: ${UNSIGNED}`],
  ],
  ['by nobody', [enrolled, statement({ signature: 'x' })], [`1: ${UNSIGNED}`]],
  [
    'for another PoD',
    [enrolled, statement({ podId: 'IT002E00000002' })],
    [`1: it was signed for PoD ${POD}`],
  ],
  ['before it was enrolled', [statement(), enrolled], [`0: ${UNSIGNED}`]],
  ['as its node was revoked', [enrolled, revoked, statement()], []],
  ['long after that', [enrolled, revoked, statement({}, key, late)], [`2: ${UNSIGNED}`]],
  ['as its key was changed', [enrolled, rotated, statement(), statement({}, other)], []],
  [
    'long after its key was changed',
    [enrolled, rotated, statement({}, key, late)],
    [`2: ${UNSIGNED}`],
  ],
  ['as another node took its place', [enrolled, replaced, statement()], []],
  [
    'long after another node took its place',
    [enrolled, replaced, statement({}, key, late)],
    [`2: ${UNSIGNED}`],
  ],
  [
    'long after it was revoked, as another node came',
    [enrolled, revoked, { ...replaced, occurredAt: late }, statement({}, key, late)],
    [`3: ${UNSIGNED}`],
  ],
])('a statement signed %s', async (_, events, faults) => {
  expect(await failures(events)).toEqual(faults);
});

it('what was signed cannot be changed', async () => {
  const { data, ...event } = statement();
  const { content } = data as { content: object };
  const changed = { ...data, content: { ...content, emsReceivedAt: late } };
  expect(await failures([enrolled, { ...event, data: changed }])).toEqual([`1: ${UNSIGNED}`]);
});

describe('an anomaly', () => {
  const content = {
    anomalyId: 'a1',
    podId: POD,
    kind: 'meter',
    code: 'meter-unreadable',
    detail: 'no answer',
    startedAt: AT,
  };
  const told = (change: object = {}, by = key, anomaly = 'meter'): SmallEvent => {
    const signature = signMessage(by.privateKey, canonicalJson(content));
    const statement = { content: { ...content, ...change }, signature, publicKey: key.publicKey };
    return {
      streamId: `node-${POD}`,
      type: 'AnomalyRaised',
      data: { podId: POD, anomaly, detail: 'no answer', statement },
      occurredAt: AT,
    };
  };
  const unsigned: SmallEvent = {
    ...told(),
    type: 'AnomalyCleared',
    data: { podId: POD, anomaly: 'meter' },
  };

  it.each<[string, SmallEvent, string[]]>([
    ['is signed', told(), []],
    ['of an earlier release is not', unsigned, []],
    ['is changed', told({ startedAt: late }), [`1: ${UNSIGNED}`]],
    ['is signed by another', told({}, other), [`1: ${UNSIGNED}`]],
    [
      'is told in other words',
      { ...told(), data: { ...told().data, detail: 'all is well' } },
      ['1: its detail is not the one that was signed'],
    ],
    [
      'is cleared by its begin',
      { ...told(), type: 'AnomalyCleared' },
      ['1: it was signed as the begin of an anomaly'],
    ],
    ['is of another kind', told({}, key, 'ems'), ['1: it was signed as an anomaly of meter']],
  ])('%s', async (_, event, faults) => {
    expect(await failures([enrolled, event])).toEqual(faults);
  });
});
