/** Other contracts in the place of those of a log: what its decider takes, and what state follows. */
import { certificationDecider } from './decider';
import type { CertificationEvent } from './events';

type DataOf<Type extends CertificationEvent['type']> = Extract<
  CertificationEvent,
  { type: Type }
>['data'];

const certifier = {
  origin: 'flexledger/test',
  publicKey: 'aa',
  chainId: 1,
  anchorContract: '0x1',
  tokenContract: '0x2',
  agreementContract: '0x3',
  recoveryKey: 'recovery',
};
const started: CertificationEvent = { type: 'CertifierStarted', data: certifier };
const sealed: CertificationEvent = {
  type: 'CheckpointSealed',
  data: { size: 5, root: 'r5', note: '', lastPosition: 4 },
};
const anchored: CertificationEvent = {
  type: 'CheckpointAnchored',
  data: { size: 5, root: 'r5', txHash: '0xt', blockNumber: 7 },
};
const change: DataOf<'ContractsChanged'> = {
  chainId: 1,
  former: { anchorContract: '0x1', tokenContract: '0x2', agreementContract: '0x3' },
  lastAnchor: { size: 5, root: 'r5', txHash: '0xt', blockNumber: 7 },
  next: {
    anchorContract: { address: '0x4', codeHash: '0xc4' },
    tokenContract: { address: '0x5', codeHash: '0xc5' },
    agreementContract: { address: '0x6', codeHash: '0xc6' },
    admin: '0xadmin',
  },
  reason: 'contracts of another release',
  statement: 'signed',
};
const followed = {
  ...certifier,
  anchorContract: '0x4',
  tokenContract: '0x5',
  agreementContract: '0x6',
};

const stateAfter = (...events: readonly CertificationEvent[]) =>
  events.reduce(certificationDecider.evolve, certificationDecider.initialState);
const decide = (events: readonly CertificationEvent[], said = change) =>
  certificationDecider.decide({ kind: 'changeContracts', change: said }, stateAfter(...events));
const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'none';
};

const history = [started, sealed, anchored];

it('given an anchored log, when its contracts change, then they are named with the key that it has', () => {
  expect(decide(history)).toEqual([
    { type: 'ContractsChanged', data: change },
    { type: 'CertifierStarted', data: followed },
  ]);
});

it('given they have changed, when the same is said again, then nothing happens', () => {
  expect(decide([...history, ...decide(history)])).toEqual([]);
});

it('given they have changed, then a certifier goes on with them, and with those before no more', () => {
  const state = stateAfter(...history, ...decide(history));
  const start = (data: typeof certifier) =>
    certificationDecider.decide({ kind: 'start', certifier: data }, state);
  expect(start(followed)).toEqual([]);
  expect(codeOf(() => start(certifier))).toBe('another-certifier');
});

it('given they have changed, then what is anchored before stays', () => {
  const after = stateAfter(...history, ...decide(history));
  expect(after).toMatchObject({ anchoredSize: 5, anchoredBefore: 5 });
});

it.each<[string, readonly CertificationEvent[], object, string]>([
  ['a log without contracts', [], {}, 'not-certified'],
  ['nothing anchored', [started, sealed], {}, 'last-anchor-differs'],
  [
    'another last anchor',
    history,
    { lastAnchor: { ...change.lastAnchor, size: 4 } },
    'last-anchor-differs',
  ],
  ['another chain', history, { chainId: 2 }, 'another-certifier'],
  [
    'others given up than those in force',
    history,
    { former: { ...change.former, tokenContract: '0x9' } },
    'another-certifier',
  ],
  [
    'one that stays as it is',
    history,
    { next: { ...change.next, tokenContract: { address: '0x2', codeHash: '' } } },
    'contract-in-force',
  ],
])('refused: %s', (_, events, said, code) => {
  expect(codeOf(() => decide(events, { ...change, ...said }))).toBe(code);
});
