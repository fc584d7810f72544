import { ed25519KeyFrom, sha256, signEd25519 } from '@flexledger/identity';
import {
  type ContractsChange,
  signCheckpoint,
  signContractsChange,
  verifierKeyText,
} from '@flexledger/merkle-log';
import type { AnchoredRoot, ChainSnapshot } from '../chain-snapshot';
import { createCertifiedLeaves } from '../leaves';
import { createFindings } from '../report';
import { smallLog, tools } from '../testing/node-tools';
import { timed } from '../stretches/examine-stretch';
import { type SmallEvent, eventIn, smallChain } from '../testing/small-log';
import { type TrustPolicy, TRUST_DEFAULTS } from '../trust-policy';
import { createTrustCheck } from './trust';

/** Goal: a log goes on to other contracts by a statement of its key, sealed, from the last anchor; and in no other way. */
const ORIGIN = 'flexledger/test';
const own = ed25519KeyFrom('01'.repeat(32));
const foreign = ed25519KeyFrom('02'.repeat(32));
const raw = (hex: string): Uint8Array => Buffer.from(hex, 'hex');
const address = (digit: string): string => `0x${digit.repeat(40)}`;
const hash = (digit: string): string => `0x${digit.repeat(64)}`;
const contract = (digit: string) => ({ address: address(digit), codeHash: hash(digit) });
const threeOf = (digits: string) => ({
  anchorContract: contract(digits[0]!),
  tokenContract: contract(digits[1]!),
  agreementContract: contract(digits[2]!),
});
const addressesOf = (digits: string) => ({
  anchorContract: address(digits[0]!),
  tokenContract: address(digits[1]!),
  agreementContract: address(digits[2]!),
});
const [ADMIN, NEXT_ADMIN] = [address('8'), address('9')];

const signerOf = ({ publicKey, privateKey }: typeof own) => ({
  key: { name: ORIGIN, publicKey: raw(publicKey) },
  sign: (message: Uint8Array) => signEd25519(privateKey, message),
});
const trusted: TrustPolicy = {
  ...TRUST_DEFAULTS,
  origin: ORIGIN,
  logKey: verifierKeyText(sha256, signerOf(own).key),
  chain: { chainId: 1, genesisHash: hash('1'), certifier: ADMIN, ...threeOf('abc') },
};

const certification = (type: SmallEvent['type'], data: object): SmallEvent => ({
  streamId: 'certification',
  type,
  data,
});
const started = (digits: string): SmallEvent =>
  certification('CertifierStarted', {
    origin: ORIGIN,
    publicKey: own.publicKey,
    chainId: 1,
    ...addressesOf(digits),
  });

function rootOf(log: readonly SmallEvent[], size = log.length): string {
  return Buffer.from(leavesOf(log).tree.root(size)).toString('hex');
}
function leavesOf(log: readonly SmallEvent[]) {
  const leaves = createCertifiedLeaves(sha256);
  for (const row of smallLog(log)) leaves.append(row, raw(row.hash));
  return leaves;
}
/** The log with a checkpoint of all of it, and its anchor. */
function anchored(log: readonly SmallEvent[]): SmallEvent[] {
  const size = log.length;
  const root = rootOf(log);
  const { key, sign } = signerOf(own);
  const note = signCheckpoint(sha256, { origin: ORIGIN, size, root: raw(root) }, key, sign);
  return [
    ...log,
    certification('CheckpointSealed', { size, root, note, lastPosition: size - 1 }),
    certification('CheckpointAnchored', { size, root, txHash: hash('2'), blockNumber: size }),
  ];
}
const isAnchor = ({ type }: SmallEvent): boolean => type === 'CheckpointAnchored';
const anchorsIn = (log: readonly SmallEvent[]) =>
  log.filter(isAnchor).map(({ data }) => data as ContractsChange['lastAnchor']);

/** What the operator says of other contracts, at the end of a log. */
function changeOf(
  log: readonly SmallEvent[],
  from: string,
  to: string,
  said: Partial<ContractsChange> = {},
): ContractsChange {
  return {
    chainId: 1,
    former: addressesOf(from),
    lastAnchor: anchorsIn(log).at(-1)!,
    next: { ...threeOf(to), admin: NEXT_ADMIN },
    reason: 'contracts of another release',
    ...said,
  };
}
function changed(change: ContractsChange, by = own): SmallEvent {
  const statement = signContractsChange(sha256, ORIGIN, change, signerOf(by));
  return certification('ContractsChanged', { ...change, statement });
}

const other: SmallEvent = { streamId: 'session-a', type: 'SessionOpened', data: {} };
const before = anchored([started('abc'), other]);
const honest = [...before, changed(changeOf(before, 'abc', 'def')), started('def')];
const goneOn = anchored([...honest, other]);
const split = (log: readonly SmallEvent[]) =>
  anchorsIn(log).map(({ size, root }) => ({ size, root }));

/** What the contracts hold where the log says the truth. */
function chainOf(
  anchors: Record<string, readonly { readonly size: number; readonly root: string }[]>,
): ChainSnapshot {
  const held = ({ size, root }: { size: number; root: string }): AnchoredRoot => ({
    size,
    rootHex: root,
    timestampS: 0,
  });
  const owners: Record<string, string> = { a: ADMIN, d: NEXT_ADMIN, 7: NEXT_ADMIN };
  return smallChain({
    genesisHash: hash('1'),
    contracts: new Map(
      [...'abcdef765'].map((digit) => [
        address(digit),
        { codeHash: hash(digit), owner: owners[digit] },
      ]),
    ),
    anchors: new Map(
      Object.entries(anchors).map(([digit, all]) => [address(digit), all.map(held)]),
    ),
  });
}
const [firstAnchor, secondAnchor] = split(goneOn) as [
  { size: number; root: string },
  { size: number; root: string },
];
const chain = chainOf({ a: [firstAnchor], d: [secondAnchor] });

async function audited(
  log: readonly SmallEvent[],
  snapshot: ChainSnapshot | string = chain,
  trust: TrustPolicy | undefined = trusted,
) {
  const findings = createFindings('trust');
  const check = createTrustCheck(trust, snapshot, leavesOf(log), tools, findings);
  for (const row of smallLog(log)) {
    check.recorded(timed(row));
    const event = eventIn(row);
    if (check.types.includes(event.type)) await check.see(event, row);
  }
  await check.end!();
  const { failures, note } = findings.report();
  return {
    reasons: failures.map(({ reason }) => reason),
    note,
    contracts: check.contracts(),
    notExcluded: check.notExcluded(),
  };
}
const reasonsOf = async (...asked: Parameters<typeof audited>) => (await audited(...asked)).reasons;

describe('a change by the rules', () => {
  it('holds, with a trust file from before and without one', async () => {
    expect(await reasonsOf(goneOn)).toEqual([]);
    const { reasons, note } = await audited(goneOn, chain, undefined);
    expect(reasons).toEqual([]);
    expect(note).toContain('went on to other contracts, by a statement of its key: 1 times');
  });

  it('is followed by a trust file, which then holds and knows what was before', async () => {
    const { contracts } = await audited(goneOn);
    const statement = (goneOn[4]!.data as { statement: string }).statement;
    expect(contracts).toEqual({
      chain: { ...trusted.chain, certifier: NEXT_ADMIN, ...threeOf('def') },
      formerContracts: [{ ...threeOf('abc'), lastAnchor: firstAnchor, statement }],
    });
    const again = await audited(goneOn, chain, { ...trusted, ...contracts });
    expect(again).toMatchObject({ reasons: [], contracts: undefined });
  });

  it('leads on through a second one', async () => {
    const twice = [...goneOn, changed(changeOf(goneOn, 'def', '765')), started('765')];
    const log = anchored([...twice, other]);
    const [one, two, three] = split(log);
    const both = chainOf({ a: [one!], d: [two!], 7: [three!] });
    const { reasons, contracts } = await audited(log, both);
    expect(reasons).toEqual([]);
    expect(contracts!.formerContracts.map(({ anchorContract }) => anchorContract)).toEqual([
      contract('a'),
      contract('d'),
    ]);
    expect(await reasonsOf(log, both, { ...trusted, ...contracts })).toEqual([]);
  });

  it('tells of another admin, and of guardians that are not there any more', async () => {
    const GUARDIAN = address('6');
    const guarded = { ...contract('a'), guardians: [GUARDIAN] };
    const trust = { ...trusted, chain: { ...trusted.chain, anchorContract: guarded } };
    const { reasons, note } = await audited(goneOn, chain, trust);
    expect(reasons).toEqual([]);
    expect(note).toContain(
      `the anchorContract ${address('d')} that follows has no guardian, the one before had the guardian ${GUARDIAN}`,
    );
    expect(note).toContain(`that follow obey ${NEXT_ADMIN}, those before obeyed ${ADMIN}`);
    expect((await audited(goneOn)).note).not.toContain('guardian');
  });

  it('leaves open that others are led elsewhere, where no witness is asked for', async () => {
    const { notExcluded } = await audited(goneOn);
    expect(notExcluded).toHaveLength(1);
    expect(notExcluded[0]).toContain(
      `from contract ${address('a')} to others besides ${address('d')}`,
    );
    expect((await audited(before)).notExcluded).toEqual([]);
    const witnesses = { quorum: 1, keys: [] };
    expect((await audited(goneOn, chain, { ...trusted, witnesses })).notExcluded).toEqual([]);
  });

  it('is not followed where the chain could not be read', async () => {
    const { reasons, contracts } = await audited(goneOn, 'it does not answer');
    expect([reasons, contracts]).toEqual([[], undefined]);
  });

  it('may have its last anchor rejected by the guardian afterwards', async () => {
    const held = chain.anchors.get(address('a')) as readonly AnchoredRoot[];
    const rejected = [{ ...held[0]!, isRejected: true as const }];
    const anchors = new Map([...chain.anchors, [address('a'), rejected]]);
    expect(await reasonsOf(goneOn, { ...chain, anchors })).toEqual([]);
  });
});

describe('does not hold', () => {
  const said = (event: SmallEvent, log = before) =>
    anchored([...log, event, started('def'), other]);
  const named = `its anchorContract is ${address('d')}`;

  it('other contracts without a statement', async () => {
    const log = anchored([...before, started('def'), other]);
    expect(await reasonsOf(log)).toEqual(
      expect.arrayContaining([
        `${named}; before it was ${address('a')}`,
        `${named}; trusted is ${address('a')}`,
      ]),
    );
    expect(await reasonsOf(log, chain, undefined)).toContain(
      `${named}; before it was ${address('a')}`,
    );
  });

  it('a statement that another key has signed', async () => {
    const [first, ...further] = await reasonsOf(
      said(changed(changeOf(before, 'abc', 'def'), foreign)),
    );
    expect(first).toContain("contracts change without the leave of the log's key");
    expect(further).toContain(`${named}; trusted is ${address('a')}`);
  });

  it('a statement of other contracts than the certifier then names', async () => {
    const log = said(changed(changeOf(before, 'abc', '765')));
    expect(await reasonsOf(log)).toContain(`${named}; before it was ${address('a')}`);
  });

  it.each<[string, readonly SmallEvent[]]>([
    ['nothing that names them', [other]],
    ['the contracts that the log had', [started('abc'), other]],
    ['an event between it and the ones that it names', [other, started('def'), other]],
    [
      'another statement behind it',
      [changed(changeOf(before, 'abc', 'def')), started('def'), other],
    ],
  ])('a right statement that has %s after it', async (_, after) => {
    const log = anchored([...before, changed(changeOf(before, 'abc', 'def')), ...after]);
    expect(await reasonsOf(log)).toContain(
      'no CertifierStarted that names the contracts that it goes on to is written with it',
    );
  });

  it('a statement that writes an address until now otherwise than the log', async () => {
    const former = { ...addressesOf('abc'), anchorContract: address('A') };
    const [first] = await reasonsOf(said(changed(changeOf(before, 'abc', 'def', { former }))));
    expect(first).toBe(
      `it gives up the anchorContract ${address('A')}; the log has ${address('a')}`,
    );
  });

  it('a statement of another transaction than that of the last anchor', async () => {
    const lastAnchor = { ...anchorsIn(before)[0]!, txHash: hash('3') };
    const [first] = await reasonsOf(said(changed(changeOf(before, 'abc', 'def', { lastAnchor }))));
    expect(first).toContain(`it names transaction ${hash('3')} in block 2 for the last anchor`);
  });

  it('a statement whose fields were changed since', async () => {
    const event = changed(changeOf(before, 'abc', '765'));
    const data = { ...event.data, next: { ...threeOf('def'), admin: NEXT_ADMIN } };
    const [first] = await reasonsOf(said({ ...event, data }));
    expect(first).toContain('the statement says otherwise than the change of contracts');
  });

  it('a statement that gives up other contracts than those in force', async () => {
    const [first] = await reasonsOf(said(changed(changeOf(before, '765', 'def'))));
    expect(first).toBe(
      `it gives up the anchorContract ${address('7')}; the log has ${address('a')}`,
    );
  });

  it('a way back to contracts of before', async () => {
    const back = [...goneOn, changed(changeOf(goneOn, 'def', 'abc')), started('abc')];
    const [first] = await reasonsOf(anchored([...back, other]));
    expect(first).toBe(`the anchorContract ${address('a')} that it goes on to is one of before`);
  });

  it('a last anchor that is not the last that the log records', async () => {
    const twice = anchored([...before, other]);
    const [early] = anchorsIn(twice);
    const log = said(changed(changeOf(twice, 'abc', 'def', { lastAnchor: early! })), twice);
    const [first] = await reasonsOf(log);
    expect(first).toBe(
      `it names the anchor of 2 leaves as the last; the log's last is of ${anchorsIn(twice)[1]!.size}`,
    );
  });

  it('a last anchor that the contract before does not hold', async () => {
    const without = chainOf({ a: [], d: [secondAnchor] });
    expect(await reasonsOf(goneOn, without)).toEqual([
      `contract ${address('a')} does not hold the last anchor that the change of contracts names, of 2 leaves`,
    ]);
  });

  it('a contract before that is anchored further', async () => {
    const further = chainOf({ a: [firstAnchor, { size: 9, root: '' }], d: [secondAnchor] });
    expect(await reasonsOf(goneOn, further)).toEqual([
      `contract ${address('a')} holds an anchor of 9 leaves behind the last anchor that the change of contracts ` +
        'names, of 2 leaves',
    ]);
  });

  it('a change that no checkpoint covers', async () => {
    const onlyFirst = chainOf({ a: [firstAnchor], d: [] });
    expect(await reasonsOf(honest, onlyFirst)).toEqual([
      'no checkpoint covers this change of contracts, so nothing is believed of it',
    ]);
    expect((await audited(honest, onlyFirst)).contracts).toBeUndefined();
  });

  it('other code, or another admin, than the statement says', async () => {
    const { contracts } = chain;
    const state = contracts.get(address('d'))!;
    const with_ = (found: object): ChainSnapshot => ({
      ...chain,
      contracts: new Map([...contracts, [address('d'), { ...state, ...found }]]),
    });
    expect(await reasonsOf(goneOn, with_({ codeHash: hash('0') }))).toEqual([
      `the code of the anchorContract ${address('d')} has hash ${hash('0')}, the change says ${hash('d')}`,
    ]);
    expect(await reasonsOf(goneOn, with_({ owner: ADMIN }))).toEqual([
      `the anchorContract ${address('d')} obeys ${ADMIN}, the change says ${NEXT_ADMIN}`,
    ]);
  });

  it('a log of before the change, for who has seen it', async () => {
    const { contracts } = await audited(goneOn);
    const after = { ...trusted, ...contracts };
    expect(await reasonsOf(before, chain, after)).toContain(
      `the log does not come to the anchorContract ${address('d')} that is trusted: it shrank, or is another log`,
    );
  });

  it('other contracts before those that are trusted', async () => {
    const { contracts } = await audited(goneOn);
    const rebuilt = anchored([started('765'), other]);
    const next = changed(changeOf(rebuilt, '765', 'def'));
    const log = anchored([...rebuilt, next, started('def'), other]);
    expect(await reasonsOf(log, chain, { ...trusted, ...contracts })).toContain(
      `its anchorContract is ${address('7')}; trusted is ${address('a')}`,
    );
  });
});
