import { ed25519KeyFrom, sha256, signEd25519 } from '@flexledger/identity';
import {
  NOTE_KEY_TYPES,
  cosignatureLine,
  parseCheckpoint,
  signCheckpoint,
  verifierKeyText,
} from '@flexledger/merkle-log';
import type { ChainSnapshot, ContractDuties } from '../chain-snapshot';
import { createCertifiedLeaves } from '../leaves';
import { createFindings } from '../report';
import { smallLog, tools } from '../testing/node-tools';
import { timed } from '../stretches/examine-stretch';
import { type SmallEvent, eventIn, failuresOf, smallChain } from '../testing/small-log';
import { type TrustPolicy, TRUST_DEFAULTS } from '../trust-policy';
import { createCheckpointCheck } from './checkpoints';
import { createTrustCheck } from './trust';

/** Goal: a log that agrees with itself, but not with what an auditor wrote down before, does not hold. */
const ORIGIN = 'flexledger/test';
const own = ed25519KeyFrom('01'.repeat(32));
const foreign = ed25519KeyFrom('02'.repeat(32));
const witnesses = ['03', '04', '05'].map((seed, index) => ({
  ...ed25519KeyFrom(seed.repeat(32)),
  name: `example.org/witness${index}`,
}));
const address = (digit: string): string => `0x${digit.repeat(40)}`;
const hash = (digit: string): string => `0x${digit.repeat(64)}`;
const raw = (hex: string): Uint8Array => Buffer.from(hex, 'hex');

const certifier = {
  origin: ORIGIN,
  publicKey: own.publicKey,
  chainId: 1,
  anchorContract: address('a'),
  tokenContract: address('b'),
  agreementContract: address('c'),
};
const contract = (digit: string) => ({ address: address(digit), codeHash: hash(digit) });
const trusted: TrustPolicy = {
  ...TRUST_DEFAULTS,
  origin: ORIGIN,
  logKey: verifierKeyText(sha256, { name: ORIGIN, publicKey: raw(own.publicKey) }),
  chain: {
    chainId: 1,
    genesisHash: hash('1'),
    certifier: address('d'),
    anchorContract: contract('a'),
    tokenContract: contract('b'),
    agreementContract: contract('c'),
  },
};
const chain = smallChain({
  genesisHash: hash('1'),
  contracts: new Map(
    ['a', 'b', 'c'].map((digit) => [
      address(digit),
      { codeHash: hash(digit), owner: digit === 'a' ? address('d') : undefined },
    ]),
  ),
});

const START = '2026-03-16T10:00:00.000Z';
const at = (seconds: number): string => new Date(Date.parse(START) + seconds * 1_000).toISOString();

const started = (change: object = {}): SmallEvent => ({
  streamId: 'certification',
  type: 'CertifierStarted',
  data: { ...certifier, ...change },
});
const other: SmallEvent = { streamId: 'session-a', type: 'SessionOpened', data: {} };
/** One that is recorded so many seconds later. */
const later = (seconds: number): SmallEvent => ({ ...other, occurredAt: at(seconds) });

function sealed(size: number, seconds = 0, log = [started(), other]): SmallEvent {
  const leaves = leavesOf(log);
  const root = leaves.tree.root(size);
  const key = { name: ORIGIN, publicKey: raw(own.publicKey) };
  const note = signCheckpoint(sha256, { origin: ORIGIN, size, root }, key, (message) =>
    signEd25519(own.privateKey, message),
  );
  const data = { size, root: Buffer.from(root).toString('hex'), note, lastPosition: size - 1 };
  return {
    streamId: 'certification',
    type: 'CheckpointSealed',
    data,
    occurredAt: at(seconds),
  };
}

function cosigned(checkpoint: SmallEvent, by: (typeof witnesses)[number]): SmallEvent {
  const { size, note } = checkpoint.data as { size: number; note: string };
  const key = { name: by.name, publicKey: raw(by.publicKey) };
  const { signedText } = parseCheckpoint(note);
  const line = cosignatureLine(sha256, signedText, key, 1_773_655_200, (message) =>
    signEd25519(by.privateKey, message),
  );
  const data = { size, witness: by.name, line };
  return { streamId: 'certification', type: 'CheckpointCosigned', data };
}

const anchored = (size: number): SmallEvent => ({
  streamId: 'certification',
  type: 'CheckpointAnchored',
  data: { size, root: '', txHash: '0x', blockNumber: 1 },
});

function leavesOf(log: readonly SmallEvent[]) {
  const leaves = createCertifiedLeaves(sha256);
  for (const row of smallLog(log)) leaves.append(row, raw(row.hash));
  return leaves;
}

async function reasons(
  log: readonly SmallEvent[],
  trust: Partial<TrustPolicy> | undefined = {},
  snapshot: ChainSnapshot | string = chain,
): Promise<string[]> {
  const findings = createFindings('trust');
  const policy = trust && { ...trusted, ...trust };
  const check = createTrustCheck(policy, snapshot, leavesOf(log), tools, findings);
  const rows = smallLog(log);
  for (const row of rows) {
    check.recorded(timed(row));
    const event = eventIn(row);
    if (check.types.includes(event.type)) await check.see(event, row);
  }
  await check.end!();
  return findings.report().failures.map(({ reason }) => reason);
}

const good = [started(), other, sealed(2), anchored(2)];

it('a log that is as it was trusted holds', async () => {
  expect(await reasons(good)).toEqual([]);
  const { size, root } = sealed(2).data as { size: number; root: string };
  expect(await reasons(good, { lastCheckpoint: { size, root } })).toEqual([]);
});

it.each<[string, object, string]>([
  ['another name', { origin: 'flexledger/other' }, 'the log is "flexledger/other"'],
  ['another key', { publicKey: foreign.publicKey }, `the log's key is ${foreign.publicKey}`],
  ['another chain', { chainId: 7 }, 'its chain is 7; trusted is 1'],
  ['another anchor contract', { anchorContract: address('e') }, 'its anchorContract is 0xeee'],
  ['another token contract', { tokenContract: address('e') }, 'its tokenContract is 0xeee'],
  ['another agreement contract', { agreementContract: address('e') }, 'its agreementContract is'],
])('%s than trusted is named', async (_, change, reason) => {
  expect(await reasons([started(change)])).toContainEqual(expect.stringContaining(reason));
});

it('another recovery key than the log named first is named, also where a start between them says none', async () => {
  const keyOf = (name: string): string =>
    verifierKeyText(sha256, { name, publicKey: raw(foreign.publicKey) });
  const [first, second] = [keyOf('recovery/1'), keyOf('recovery/2')];
  const starts = (...named: (string | undefined)[]): SmallEvent[] =>
    named.map((recoveryKey) => started(recoveryKey === undefined ? {} : { recoveryKey }));
  expect(await reasons(starts(first, undefined, first))).toEqual([]);
  expect(await reasons(starts('garbage'))).toEqual(['its recoveryKey garbage is no verifier key']);
  expect(await reasons(starts(first, undefined, second))).toEqual([
    `its recoveryKey is ${second}; before it was ${first}`,
  ]);
});

it('a recovery key is remembered once the log’s key has sealed that it was named', async () => {
  const recoveryKey = verifierKeyText(sha256, { name: 'r', publicKey: raw(foreign.publicKey) });
  const remembered = async (log: readonly SmallEvent[]): Promise<string | undefined> => {
    const findings = createFindings('trust');
    const check = createTrustCheck(trusted, chain, leavesOf(log), tools, findings);
    expect(await failuresOf(check, smallLog(log))).toEqual([]);
    return check.logKeys()!.recoveryKey;
  };
  const named = [started(), other, started({ recoveryKey })];
  const all = [...named, sealed(3, 0, named), anchored(3)];
  expect(await remembered(all)).toBe(recoveryKey);
  expect(await remembered([...good, started({ recoveryKey })])).toBeUndefined();
});

it.each([{ publicKey: 'ab' }, { publicKey: 'no hex' }, { origin: 'two words' }])(
  'a certifier that names what is no key is told, and keeps no audit from its end: %j',
  async (change) => {
    const log = [started(change), other, sealed(2), anchored(2)];
    const findings = createFindings('checkpoints');
    const check = createCheckpointCheck(leavesOf(log), tools, findings);
    expect(await failuresOf(check, smallLog(log))).not.toEqual([]);
    const trustCheck = createTrustCheck(undefined, chain, leavesOf(log), tools, findings);
    await failuresOf(trustCheck, smallLog(log));
    expect(trustCheck.logKeys()).toBeUndefined();
  },
);

it('a second certifier is named without a trust file, too', async () => {
  const second = started({ publicKey: foreign.publicKey });
  const moved = started({ publicKey: foreign.publicKey, tokenContract: address('e') });
  const findings = createFindings('trust');
  const log = [...good, second, moved];
  const check = createTrustCheck(undefined, chain, leavesOf(log), tools, findings);
  const found = (await failuresOf(check, smallLog(log))).map(({ reason }) => reason);
  expect(found).toEqual([
    expect.stringContaining(`a second certifier signs as ${ORIGIN} with key ${foreign.publicKey}`),
    expect.stringContaining('its tokenContract is 0xeee'),
  ]);
});

it('a log made anew, or that shrank, is told by the last checkpoint that was seen', async () => {
  const seen = { size: 2, root: 'ab'.repeat(32) };
  expect(await reasons(good, { lastCheckpoint: seen })).toEqual([
    expect.stringContaining(`has seen root ${seen.root} of its first 2 leaves`),
  ]);
  expect(await reasons(good, { lastCheckpoint: { ...seen, size: 100 } })).toEqual([
    expect.stringContaining('has seen 100 leaves of it, there are 4: it shrank'),
  ]);
});

it.each<[string, Partial<ChainSnapshot>, string]>([
  ['of another id', { chainId: 7 }, 'chain 7 answers; trusted is 1'],
  ['made anew', { genesisHash: hash('2') }, 'it was made anew'],
  ['without the contracts', { contracts: new Map() }, 'is not named by the log'],
  [
    'with other code',
    {
      contracts: new Map([
        ...chain.contracts,
        [address('b'), { codeHash: hash('f'), owner: undefined }],
      ]),
    },
    `the code of the tokenContract ${address('b')} has hash ${hash('f')}`,
  ],
  [
    'that obeys another',
    {
      contracts: new Map([
        ...chain.contracts,
        [address('a'), { codeHash: hash('a'), owner: address('9') }],
      ]),
    },
    `obeys ${address('9')}; trusted is ${address('d')}`,
  ],
])('a chain %s is named', async (_, change, reason) => {
  const found = await reasons(good, {}, { ...chain, ...change });
  expect(found).toContainEqual(expect.stringContaining(reason));
});

describe('duties that the trust file names', () => {
  const [worker, guardian, stranger] = [address('6'), address('7'), address('8')];
  const pinned = {
    ...trusted.chain,
    anchorContract: { ...contract('a'), workers: [worker], guardians: [guardian] },
  };
  const withDuties = (workers: readonly string[], guardians: readonly string[]): ChainSnapshot => ({
    ...chain,
    contracts: new Map([
      ...chain.contracts,
      [address('a'), { ...chain.contracts.get(address('a'))!, duties: { workers, guardians } }],
    ]),
  });
  const found = (snapshot: ChainSnapshot) => reasons(good, { chain: pinned }, snapshot);

  it('hold as they are, however an address is written', async () => {
    const written = `0x${worker.slice(2).toUpperCase()}`;
    expect(await found(withDuties([written], [guardian]))).toEqual([]);
  });

  it('are missed where a guardian was revoked, or another works', async () => {
    const anchor = `of the anchorContract ${address('a')}`;
    expect(await found(withDuties([worker, stranger], []))).toEqual([
      `${stranger} is among the workers ${anchor}; the file does not name it`,
      `${guardian} is no more among the guardians ${anchor}`,
    ]);
    expect(await found(chain)).toHaveLength(2);
  });

  it('that were given and taken since the file was written are named, though all is as it was', async () => {
    const seen = { role: 'worker', account: worker, isGranted: true, blockNumber: 1 } as const;
    const since = [
      { role: 'guardian', account: stranger, isGranted: true, blockNumber: 7 },
      { role: 'guardian', account: stranger, isGranted: false, blockNumber: 8 },
      { role: 'worker', account: worker, isGranted: false, blockNumber: 9 },
      { role: 'worker', account: worker, isGranted: true, blockNumber: 10 },
    ] as const;
    const anchor = `the anchorContract ${address('a')}`;
    const chainWith = (changes: ContractDuties['changes']): ChainSnapshot => {
      const duties = { workers: [worker], guardians: [guardian], changes };
      const state = { ...chain.contracts.get(address('a'))!, duties };
      return { ...chain, contracts: new Map([...chain.contracts, [address('a'), state]]) };
    };
    const known = { ...pinned, anchorContract: { ...pinned.anchorContract, roleChanges: 1 } };
    const named = (changes: ContractDuties['changes']) =>
      reasons(good, { chain: known }, chainWith(changes));
    expect(await named([seen])).toEqual([]);
    expect(await named([seen, ...since])).toEqual([
      `${stranger} was made guardian of ${anchor} in block 7; the file does not say so`,
      `${stranger} was dismissed as guardian of ${anchor} in block 8; the file does not say so`,
      `${worker} was dismissed as worker of ${anchor} in block 9; the file does not say so`,
    ]);
    expect(await named([])).toEqual([`${anchor} tells of 0 changes of roles; the file has seen 1`]);
    expect(await reasons(good, { chain: pinned }, chainWith([seen, ...since]))).toEqual([]);
  });

  it('are not asked for where the file names none', async () => {
    expect(await reasons(good, {}, withDuties([stranger], [stranger]))).toEqual([]);
  });
});

it('a guardian whom the admin can make without any further notice is told, and no fault of the log', async () => {
  const scheduled = [{ account: address('e'), isGranted: true, fromS: Date.parse(START) / 1_000 }];
  const duties = { workers: [], guardians: [], scheduled };
  const state = { ...chain.contracts.get(address('a'))!, duties };
  const contracts = new Map([...chain.contracts, [address('a'), state]]);
  for (const policy of [trusted, undefined]) {
    const findings = createFindings('trust');
    const check = createTrustCheck(
      policy,
      { ...chain, contracts },
      leavesOf(good),
      tools,
      findings,
    );
    expect(await failuresOf(check, smallLog(good))).toEqual([]);
    expect(findings.report().note).toBe(
      `${address('e')} can be made guardian of contract ${address('a')} by its admin at any time from ${START} on`,
    );
  }
});

it('a chain that is not read is told, and no fault of the log', async () => {
  const findings = createFindings('trust');
  const check = createTrustCheck(trusted, 'the line is dead', leavesOf(good), tools, findings);
  expect(await failuresOf(check, smallLog(good))).toEqual([]);
  expect(findings.report().note).toBe('chain not checked: the line is dead');
});

it('what no anchor covers for longer than it may is named, sealed or not', async () => {
  const never = (seconds: number) => [started(), other, sealed(2), later(seconds)];
  expect(await reasons(never(3_600))).toEqual([]);
  expect(await reasons(never(3_601))).toEqual([
    'no anchor covers what was recorded from leaf 1 on, over 3601 s',
  ]);
  const since = (seconds: number) => [...good, later(10), later(10 + seconds)];
  expect(await reasons(since(3_600))).toEqual([]);
  expect(await reasons(since(3_601))).toEqual([
    'no anchor covers what was recorded from leaf 4 on, over 3601 s',
  ]);
});

describe('a quorum of two of three witnesses', () => {
  const keys = witnesses.map(({ name, publicKey }) =>
    verifierKeyText(sha256, { name, publicKey: raw(publicKey) }, NOTE_KEY_TYPES.cosignature),
  );
  const trust = { witnesses: { quorum: 2, keys } };
  const [first, second] = witnesses as [(typeof witnesses)[0], (typeof witnesses)[0]];
  const checkpoint = sealed(2);

  it('is met by two of them', async () => {
    const log = [...good, cosigned(checkpoint, first), cosigned(checkpoint, second)];
    expect(await reasons(log, trust)).toEqual([]);
  });

  it('is not met by one, by one twice, by a stranger, or for another checkpoint', async () => {
    const missing = [expect.stringContaining('no checkpoint is cosigned by 2 of the 3 witnesses')];
    expect(await reasons(good, trust)).toEqual(missing);
    const twice = [...good, cosigned(checkpoint, first), cosigned(checkpoint, first)];
    expect(await reasons(twice, trust)).toEqual(missing);
    const stranger = { ...foreign, name: second.name };
    const forged = [...good, cosigned(checkpoint, first), cosigned(checkpoint, stranger)];
    expect(await reasons(forged, trust)).toEqual(missing);
    const elsewhere = cosigned(sealed(1), second);
    const moved = { ...elsewhere, data: { ...elsewhere.data, size: 2 } };
    expect(await reasons([...good, cosigned(checkpoint, first), moved], trust)).toEqual(missing);
  });

  it('may be late for what is newest, and not for long', async () => {
    const before = [...good, cosigned(checkpoint, first), cosigned(checkpoint, second), later(1)];
    const log = (seconds: number) => [...before, sealed(7, 2, before), anchored(7), later(seconds)];
    expect(await reasons(log(3_601), trust)).toEqual([]);
    expect(await reasons(log(3_602), trust)).toEqual([
      '2 of the witnesses trusted have not seen what was recorded from leaf 6 on, over 3601 s',
    ]);
  });
});

describe('the contract of grants', () => {
  const named: SmallEvent = {
    streamId: 'data-access-batches',
    type: 'DataAccessContractNamed',
    data: { contract: address('e'), txHash: '0x1', blockNumber: 1 },
  };
  const withAccess = (digit: string): TrustPolicy => ({
    ...trusted,
    chain: { ...trusted.chain, accessContract: contract(digit) },
  });
  const accessReasons = async (policy: TrustPolicy, codeHash = hash('e')) => {
    const findings = createFindings('trust');
    const contracts = new Map([...chain.contracts, [address('e'), { codeHash, owner: undefined }]]);
    const events = [started(), named];
    const check = createTrustCheck(
      policy,
      { ...chain, contracts },
      leavesOf(events),
      tools,
      findings,
    );
    const found = await failuresOf(check, smallLog(events));
    return { reasons: found.map(({ reason }) => reason), note: findings.report().note };
  };

  it('is the one that is trusted, with its code', async () => {
    expect((await accessReasons(withAccess('e'))).reasons).toEqual([]);
    expect((await accessReasons(withAccess('f'))).reasons).toEqual([
      `its accessContract is ${address('e')}; trusted is ${address('f')}`,
      `the accessContract ${address('f')} that is trusted is not named by the log`,
    ]);
    expect((await accessReasons(withAccess('e'), hash('0'))).reasons).toEqual([
      `the code of the accessContract ${address('e')} has hash ${hash('0')}, not ${hash('e')}`,
    ]);
  });

  it('that a trust file of before does not name is said to be so', async () => {
    const { reasons, note } = await accessReasons(trusted);
    expect(reasons).toEqual([]);
    expect(note).toContain(`grants of data are recorded in ${address('e')}, which the trust file`);
  });
});
