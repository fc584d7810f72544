/**
 * Goal: each duty has its key, a guardian stops and pays nobody, no distribution pays before it could be
 * challenged, and the books hold whatever happens in whatever order. Method: a real anvil, and seeded sequences of
 * everything that anyone can do, each step compared with a model.
 */
import { drawInteger, seededRandom } from '@flexledger/runtime';
import { type Distribution, buildDistribution } from '@flexledger/merkle-log';
import { concat, Interface, AbiCoder, Wallet, ZeroHash } from 'ethers';
import { type Anvil, startAnvil } from './anvil';
import { type Chain, connectChain } from './chain';
import {
  type ContractArtefact,
  type DeployOptions,
  type DeployedContract,
  contractAt,
} from './contract';
import {
  type EventLogAnchor,
  deployEventLogAnchor,
  eventLogAnchorAt,
  REJECTION_WINDOW_S,
} from './event-log-anchor';
import { deployDataAccess } from './data-access';
import { assignDuties, readDuties, readRoleChanges, readScheduledGuardians } from './duties';
import { CHALLENGE_DELAY_S, type FlexToken, deployFlexToken, flexTokenAt } from './flex-token';
import { deployFlexibilityAgreement, flexibilityAgreementAt } from './flexibility-agreement';
import { eventLogAnchorArtefact } from './generated/event-log-anchor';
import { flexTokenArtefact } from './generated/flex-token';
import { flexibilityAgreementArtefact } from './generated/flexibility-agreement';
import { eventLogAnchorArtefact1 } from './generated/released/event-log-anchor-1';
import { eventLogAnchorArtefact2 } from './generated/frozen/event-log-anchor-2';
import { flexTokenArtefact2 } from './generated/frozen/flex-token-2';
import { flexibilityAgreementArtefact2 } from './generated/frozen/flexibility-agreement-2';
import { flexTokenArtefact1 } from './generated/released/flex-token-1';
import { flexibilityAgreementArtefact1 } from './generated/released/flexibility-agreement-1';
import { passTime } from './testing/pass-time';

const keyOf = (digits: string): string => `0x${digits.repeat(32)}`;
const addressOf = (digits: string): string => new Wallet(keyOf(digits)).address;
const digestOf = (index: number): string => (index + 1).toString(16).padStart(64, '0');
const LEAF = '1e'.repeat(32);
const [OPERATOR, GUARDIAN, SUCCESSOR] = ['01', '02', '03'] as const;
const DAY_S = 86_400;

let anvil: Anvil;
const chains = new Map<string, Chain>();
const as = (who: string): Chain => chains.get(who)!;

beforeAll(async () => {
  const parties = [OPERATOR, GUARDIAN, SUCCESSOR];
  anvil = await startAnvil({ fundedAddresses: parties.map(addressOf) });
  for (const who of parties) {
    const options = { rpcUrl: anvil.rpcUrl, privateKey: keyOf(who), timeoutMs: 10_000 };
    chains.set(who, await connectChain(options));
  }
});
afterAll(async () => anvil.stop());

const guarded = { guardian: addressOf(GUARDIAN) };
const raw = (who: string, artefact: ContractArtefact, address: string): Promise<DeployedContract> =>
  contractAt(as(who), [artefact], address);
const refusedBy = (errorName: string) => ({ name: 'ChainRefused', errorName });
const UNAUTHORIZED = refusedBy('AccessControlUnauthorizedAccount');

describe('the anchor', () => {
  let log: EventLogAnchor;
  beforeEach(async () => {
    log = await deployEventLogAnchor(as(OPERATOR), guarded);
  });

  it('goes on by 2^32 events at most, so that none blocks all later ones', async () => {
    const step = 2 ** 32;
    await expect(log.anchor(step + 1, digestOf(1))).rejects.toMatchObject({
      reason: `StepTooLarge(0, ${step + 1}, ${step})`,
    });
    await log.anchor(step, digestOf(1));
    await expect(log.anchor(2 * step + 1, digestOf(2))).rejects.toMatchObject(
      refusedBy('StepTooLarge'),
    );
    await log.anchor(2 * step, digestOf(2));
    expect(await log.readAnchors()).toHaveLength(2);
  });

  it('that is false is rejected by the guardian within a day, stays to be seen, and blocks nobody', async () => {
    await log.anchor(10, digestOf(1));
    // Whoever stole the key of the anchorer.
    await log.anchor(2 ** 32, digestOf(2));
    await log.anchor(2 ** 33, digestOf(3));
    await expect(log.anchor(12, digestOf(4))).rejects.toMatchObject(refusedBy('SizeShrinks'));
    await expect(log.reject(1)).rejects.toMatchObject(UNAUTHORIZED);
    const asGuardian = await eventLogAnchorAt(as(GUARDIAN), log.address);
    await asGuardian.reject(1);
    expect(await log.latest()).toMatchObject({ size: 10, rootHex: digestOf(1) });
    await log.anchor(12, digestOf(4));
    expect(
      (await log.readAnchors()).map(({ size, isRejected = false }) => [size, isRejected]),
    ).toEqual([
      [10, false],
      [2 ** 32, true],
      [2 ** 33, true],
      [12, false],
    ]);
    await expect(asGuardian.reject(1)).rejects.toMatchObject(refusedBy('NotRejectable'));
    await expect(asGuardian.reject(4)).rejects.toMatchObject(refusedBy('NoSuchAnchor'));
    await expect(asGuardian.anchor(20, digestOf(5))).rejects.toMatchObject(UNAUTHORIZED);
    await passTime(anvil.rpcUrl, REJECTION_WINDOW_S);
    await expect(asGuardian.reject(0)).rejects.toMatchObject(refusedBy('NotRejectable'));
    await expect(asGuardian.reject(3)).rejects.toMatchObject(refusedBy('NotRejectable'));
  });

  it('is rejected with hundreds that follow it, and the log goes on from the one before', async () => {
    await log.anchor(10, digestOf(1));
    for (let size = 11; size <= 260; size += 1) await log.anchor(size, digestOf(size));
    const asGuardian = await eventLogAnchorAt(as(GUARDIAN), log.address);
    await asGuardian.reject(200);
    await asGuardian.reject(1);
    expect(await log.latest()).toMatchObject({ size: 10 });
    const { gasUsed } = await log.anchor(12, digestOf(4));
    expect(gasUsed).toBeLessThan(130_000n);
    expect((await log.readAnchors()).filter(({ isRejected }) => isRejected)).toHaveLength(250);
    await asGuardian.reject(0);
    expect(await log.latest()).toBeUndefined();
  });

  it.each([1, 2, 3, 4])('stands or is rejected as a model says: sequence %d', async (seed) => {
    const random = seededRandom(seed, 'contracts/anchors');
    const asGuardian = await eventLogAnchorAt(as(GUARDIAN), log.address);
    /** With the days that each has stood. */
    const model: { size: number; days: number; isRejected: boolean }[] = [];
    const standing = () => model.findLast(({ isRejected }) => !isRejected);
    const steps: Readonly<Record<string, () => Promise<void>>> = {
      async anchor() {
        const size = Math.max(0, (standing()?.size ?? 0) + drawInteger(random, -2, 9));
        const anchoring = log.anchor(size, digestOf(size));
        if (size < (standing()?.size ?? 0)) {
          await expect(anchoring).rejects.toMatchObject(refusedBy('SizeShrinks'));
          return;
        }
        await anchoring;
        if (size !== standing()?.size) model.push({ size, days: 0, isRejected: false });
      },
      async pass() {
        await passTime(anvil.rpcUrl, REJECTION_WINDOW_S);
        for (const one of model) one.days += 1;
      },
      async reject() {
        const first = drawInteger(random, 0, model.length);
        const one = model[first];
        if (!one || one.isRejected || one.days > 0) {
          await expect(asGuardian.reject(first)).rejects.toMatchObject({ name: 'ChainRefused' });
          return;
        }
        await asGuardian.reject(first);
        for (const later of model.slice(first)) later.isRejected = true;
      },
    };
    const often = ['anchor', 'anchor', 'anchor', 'anchor', 'reject', 'reject', 'pass'];
    for (let nth = 0; nth < 60; nth += 1) {
      await steps[often[drawInteger(random, 0, often.length - 1)]!]!();
      expect((await log.latest())?.size).toBe(standing()?.size);
      const anchors = await log.readAnchors();
      expect(anchors.map(({ size, isRejected = false }) => ({ size, isRejected }))).toEqual(
        model.map(({ size, isRejected }) => ({ size, isRejected })),
      );
    }
    expect(model.some(({ isRejected }) => isRejected)).toBe(true);
  });

  it('is handed over in two steps, a day apart, and role by role', async () => {
    const asOperator = await raw(OPERATOR, eventLogAnchorArtefact, log.address);
    const asSuccessor = await raw(SUCCESSOR, eventLogAnchorArtefact, log.address);
    const [role] = await asOperator.read('ANCHORER_ROLE');
    await asOperator.send('beginDefaultAdminTransfer', [addressOf(SUCCESSOR)]);
    await expect(asSuccessor.send('acceptDefaultAdminTransfer', [])).rejects.toMatchObject(
      refusedBy('AccessControlEnforcedDefaultAdminDelay'),
    );
    expect(await log.owner()).toBe(addressOf(OPERATOR));
    await passTime(anvil.rpcUrl, DAY_S + 1);
    await asSuccessor.send('acceptDefaultAdminTransfer', []);
    expect(await log.owner()).toBe(addressOf(SUCCESSOR));
    await expect(asOperator.send('grantRole', [role, addressOf(GUARDIAN)])).rejects.toMatchObject(
      UNAUTHORIZED,
    );
    await asSuccessor.send('revokeRole', [role, addressOf(OPERATOR)]);
    await expect(log.anchor(1, digestOf(1))).rejects.toMatchObject(UNAUTHORIZED);
    await asSuccessor.send('grantRole', [role, addressOf(SUCCESSOR)]);
    await (await eventLogAnchorAt(as(SUCCESSOR), log.address)).anchor(1, digestOf(1));
  });
});

it.each<[string, (chain: Chain) => Promise<{ readonly address: string }>, ContractArtefact]>([
  ['anchor', (chain) => deployEventLogAnchor(chain, guarded), eventLogAnchorArtefact],
  ['token', (chain) => deployFlexToken(chain, guarded), flexTokenArtefact],
  [
    'agreement',
    (chain) => deployFlexibilityAgreement(chain, guarded),
    flexibilityAgreementArtefact,
  ],
])('the %s is stopped by its guardian, who can do nothing else', async (_, deploy, artefact) => {
  const { address } = await deploy(as(OPERATOR));
  const asGuardian = await raw(GUARDIAN, artefact, address);
  const asOperator = await raw(OPERATOR, artefact, address);
  const asStranger = await raw(SUCCESSOR, artefact, address);
  const works: Readonly<Record<string, [string, unknown[]]>> = {
    EventLogAnchor: ['anchor', [1, `0x${digestOf(1)}`]],
    FlexToken: ['award', [`0x${digestOf(1)}`, `0x${LEAF}`, `0x${digestOf(2)}`, 1]],
    FlexibilityAgreement: ['certify', [[`0x${digestOf(1)}`]]],
  };
  const work = works[artefact.contractName]!;
  await expect(asStranger.send('pause', [])).rejects.toMatchObject(refusedBy('NotGuardian'));
  await expect(asGuardian.send(...work)).rejects.toMatchObject(UNAUTHORIZED);
  await asGuardian.send('pause', []);
  await expect(asOperator.send(...work)).rejects.toMatchObject(refusedBy('EnforcedPause'));
  await expect(asGuardian.send('unpause', [])).rejects.toMatchObject(UNAUTHORIZED);
  await asOperator.send('unpause', []);
  await asOperator.send(...work);
});

describe('a distribution', () => {
  const [alice, bruno] = ['a1', 'b2'].map(addressOf) as [string, string];
  let token: FlexToken;
  let asGuardian: DeployedContract;
  let guardiansToken: FlexToken;
  beforeEach(async () => {
    token = await deployFlexToken(as(OPERATOR), guarded);
    guardiansToken = await flexTokenAt(as(GUARDIAN), token.address);
    asGuardian = await raw(GUARDIAN, flexTokenArtefact, token.address);
  });

  async function award(session: number, amounts: Record<string, bigint>, amountMicroEur: bigint) {
    const distribution = buildDistribution(
      Object.entries(amounts).map(([account, cumulativeMicroEur]) => ({
        account,
        cumulativeMicroEur,
      })),
    );
    const { root } = distribution;
    await token.award({
      sessionDigestHex: digestOf(session),
      settlementLeafHex: LEAF,
      root,
      amountMicroEur,
    });
    return distribution;
  }

  it('pays nobody within the hour in which it can be challenged, and whom it names after it', async () => {
    const { root, proofFor } = await award(1, { [alice]: 30n, [bruno]: 70n }, 100n);
    expect(await token.distributionRoot()).toBe(root);
    expect((await token.claimable()).root).toBe(ZeroHash);
    await passTime(anvil.rpcUrl, CHALLENGE_DELAY_S - 60);
    const { account, cumulativeMicroEur, proof } = proofFor(alice);
    await expect(
      asGuardian.send('claim', [0, account, cumulativeMicroEur, proof]),
    ).rejects.toMatchObject(refusedBy('NotClaimableYet'));
    await passTime(anvil.rpcUrl, 60);
    expect((await token.claimable()).root).toBe(root);
    await token.claim(proofFor(alice));
    expect(await token.balanceOfMicroEur(alice)).toBe(30n);
  });

  it('does not end the one before until its own hour is over', async () => {
    const first = await award(1, { [alice]: 30n }, 30n);
    await passTime(anvil.rpcUrl, CHALLENGE_DELAY_S);
    const second = await award(2, { [alice]: 50n }, 20n);
    await token.claim(first.proofFor(alice));
    await passTime(anvil.rpcUrl, CHALLENGE_DELAY_S);
    const { account, cumulativeMicroEur, proof } = first.proofFor(alice);
    await expect(
      asGuardian.send('claim', [0, account, cumulativeMicroEur, proof]),
    ).rejects.toMatchObject({ reason: 'Superseded(0, 1)' });
    await expect(token.claim(first.proofFor(alice))).rejects.toMatchObject({
      reason: `InvalidProof(${alice}, 30)`,
    });
    await token.claim(second.proofFor(alice));
    expect(await token.balanceOfMicroEur(alice)).toBe(50n);
  });

  it('is rejected by the guardian in time, for good, and the one before stands', async () => {
    const first = await award(1, { [alice]: 30n }, 30n);
    await passTime(anvil.rpcUrl, CHALLENGE_DELAY_S);
    const forged = await award(2, { [bruno]: 30n }, 0n);
    await expect(token.reject(1, 1)).rejects.toMatchObject(UNAUTHORIZED);
    await guardiansToken.reject(1, 1);
    for (const [first, last] of [
      [1, 1],
      [0, 1],
      [1, 0],
    ] as const) {
      await expect(guardiansToken.reject(first, last)).rejects.toMatchObject(
        refusedBy('NotChallengeable'),
      );
    }
    await expect(guardiansToken.reject(1, 2)).rejects.toMatchObject(
      refusedBy('NoSuchDistribution'),
    );
    await passTime(anvil.rpcUrl, CHALLENGE_DELAY_S);
    const { account, cumulativeMicroEur, proof } = forged.proofFor(bruno);
    await expect(
      asGuardian.send('claim', [1, account, cumulativeMicroEur, proof]),
    ).rejects.toMatchObject(refusedBy('DistributionRejected'));
    await token.claim(first.proofFor(alice));
    const [kept] = await asGuardian.read('distributionAt', 1);
    expect([kept.root, kept.rejected]).toEqual([forged.root, true]);
  });

  it.each(['reject from the first on', 'reject from the last on'])(
    'that nobody can follow up, a hundred of them, are rejected in few transactions: %s',
    async (way) => {
      const first = await award(1, { [alice]: 30n }, 30n);
      for (let nth = 2; nth <= 101; nth += 1) await award(nth, { [bruno]: BigInt(nth) }, 0n);
      if (way === 'reject from the first on') await guardiansToken.reject(1, 100);
      else for (let nth = 100; nth >= 1; nth -= 1) await guardiansToken.reject(nth, nth);
      await passTime(anvil.rpcUrl, CHALLENGE_DELAY_S);
      expect(await token.claimable()).toEqual({ root: first.root, index: 0 });
      expect((await token.claim(first.proofFor(alice))).gasUsed).toBeLessThan(130_000n);
    },
  );

  it('that promises one account more than was minted for all pays nothing', async () => {
    const { proofFor } = await award(1, { [alice]: 101n }, 100n);
    await passTime(anvil.rpcUrl, CHALLENGE_DELAY_S);
    await expect(token.claim(proofFor(alice))).rejects.toMatchObject({
      reason: 'AboveMinted(101, 100)',
    });
  });

  it.each([1, 2, 3, 4])('keeps the books, whatever happens: sequence %d', async (seed) => {
    const random = seededRandom(seed, 'contracts/sequence');
    const accounts = ['a1', 'b2', 'c3'].map(addressOf);
    const earned = new Map(accounts.map((account) => [account, 0n]));
    const got = new Map(accounts.map((account) => [account, 0n]));
    /** In the order of the awards, with the steps of an hour that each has stood. */
    const proposed: { distribution: Distribution; hours: number; rejected: boolean }[] = [];
    let minted = 0n;
    let isPaused = false;
    const asOperator = await raw(OPERATOR, flexTokenArtefact, token.address);
    const claimable = () => proposed.findLast(({ hours, rejected }) => hours > 0 && !rejected);

    const steps: Readonly<Record<string, () => Promise<void>>> = {
      async award() {
        const amounts = accounts.map(() => BigInt(drawInteger(random, 0, 1_000)));
        accounts.forEach((one, at) => earned.set(one, earned.get(one)! + amounts[at]!));
        const sum = amounts.reduce((one, other) => one + other);
        const awarding = award(proposed.length + 1, Object.fromEntries(earned), sum);
        if (isPaused) {
          await expect(awarding).rejects.toMatchObject(refusedBy('EnforcedPause'));
          accounts.forEach((one, at) => earned.set(one, earned.get(one)! - amounts[at]!));
          return;
        }
        proposed.push({ distribution: await awarding, hours: 0, rejected: false });
        minted += sum;
      },
      async pass() {
        await passTime(anvil.rpcUrl, CHALLENGE_DELAY_S);
        for (const one of proposed) one.hours += 1;
      },
      async claim() {
        const account = accounts[drawInteger(random, 0, accounts.length - 1)]!;
        const tried = proposed[drawInteger(random, 0, proposed.length - 1)];
        if (!tried) return;
        const claim = tried.distribution.proofFor(account);
        const current = claimable();
        const isDue =
          !isPaused &&
          current?.distribution.root === tried.distribution.root &&
          claim.cumulativeMicroEur > got.get(account)!;
        if (!isDue) {
          await expect(token.claim(claim)).rejects.toMatchObject({ name: 'ChainRefused' });
          return;
        }
        await token.claim(claim);
        got.set(account, claim.cumulativeMicroEur);
      },
      async reject() {
        const first = drawInteger(random, 0, Math.max(0, proposed.length - 1));
        const last = Math.min(first + drawInteger(random, 0, 2), Math.max(0, proposed.length - 1));
        const one = proposed[first];
        if (!one || one.rejected || one.hours > 0) {
          await expect(guardiansToken.reject(first, last)).rejects.toMatchObject({
            name: 'ChainRefused',
          });
          return;
        }
        await guardiansToken.reject(first, last);
        for (const later of proposed.slice(first, last + 1)) later.rejected = true;
      },
      async pause() {
        if (isPaused) await asOperator.send('unpause', []);
        else await asGuardian.send('pause', []);
        isPaused = !isPaused;
      },
    };
    const often = ['award', 'award', 'pass', 'claim', 'claim', 'claim', 'reject', 'pause'];
    // Nothing happens while it is paused: that shall not last.
    const paused = [...often, 'pause', 'pause', 'pause'];
    for (let nth = 0; nth < 60; nth += 1) {
      const drawn = isPaused ? paused : often;
      await steps[drawn[drawInteger(random, 0, drawn.length - 1)]!]!();
      expect(await token.totalSupplyMicroEur()).toBe(minted);
      expect((await token.claimable()).root).toBe(claimable()?.distribution.root ?? ZeroHash);
      let paid = 0n;
      for (const account of accounts) {
        expect(await token.balanceOfMicroEur(account)).toBe(got.get(account));
        paid += got.get(account)!;
      }
      expect(await token.balanceOfMicroEur(token.address)).toBe(minted - paid);
    }
    expect(proposed.length).toBeGreaterThan(1);
  });
});

describe('duties', () => {
  const [operator, guardian, successor] = [OPERATOR, GUARDIAN, SUCCESSOR].map(addressOf) as [
    string,
    string,
    string,
  ];

  it('are given at the deployment, each to its own key', async () => {
    const holders = { admin: successor, worker: operator, guardian };
    const log = await deployEventLogAnchor(as(OPERATOR), holders);
    expect(await readDuties(as(OPERATOR), log.address)).toEqual({
      admin: successor,
      workers: [operator],
      guardians: [guardian],
    });
    await log.anchor(1, digestOf(1));
    const asOperator = await raw(OPERATOR, eventLogAnchorArtefact, log.address);
    const [role] = await asOperator.read('ANCHORER_ROLE');
    await expect(asOperator.send('grantRole', [role, guardian])).rejects.toMatchObject(
      UNAUTHORIZED,
    );
  });

  it('are given later by the admin, who then works no more; nobody else can', async () => {
    const token = await deployFlexToken(as(OPERATOR));
    const wanted = { worker: successor };
    const asked = await assignDuties(as(GUARDIAN), token.address, wanted);
    expect(asked.join('\n')).toContain(`its admin ${operator} grants that`);
    expect(await assignDuties(as(OPERATOR), token.address, wanted)).toHaveLength(2);
    expect(await readDuties(as(OPERATOR), token.address)).toEqual({
      admin: operator,
      workers: [successor],
      guardians: [],
    });
    expect(await assignDuties(as(OPERATOR), token.address, wanted)).toEqual([]);
    const settled = { sessionDigestHex: digestOf(1), settlementLeafHex: LEAF };
    const award = { ...settled, root: `0x${digestOf(2)}`, amountMicroEur: 1n };
    await expect(token.award(award)).rejects.toMatchObject(UNAUTHORIZED);
    await (await flexTokenAt(as(SUCCESSOR), token.address)).award(award);
  });

  it('of another worker end when the duty is given on, and every change is written down', async () => {
    const token = await deployFlexToken(as(OPERATOR), { worker: successor });
    await assignDuties(as(OPERATOR), token.address, { worker: addressOf('a1') });
    expect((await readDuties(as(OPERATOR), token.address))?.workers).toEqual([addressOf('a1')]);
    const changes = await readRoleChanges(as(OPERATOR), token.address);
    expect(changes?.map(({ role, account, isGranted }) => [role, account, isGranted])).toEqual([
      ['admin', operator, true],
      ['worker', successor, true],
      ['worker', addressOf('a1'), true],
      ['worker', successor, false],
    ]);
  });

  it('of a guardian are given and taken a day after that was scheduled, and the old one is dismissed', async () => {
    const log = await deployEventLogAnchor(as(OPERATOR), { guardian: successor });
    const wanted = { guardian };
    const guardians = async () => (await readDuties(as(OPERATOR), log.address))?.guardians;
    expect(await assignDuties(as(OPERATOR), log.address, wanted)).toEqual([
      expect.stringMatching(/is made guardian of EventLogAnchor .* at a start after 20/),
    ]);
    expect(await assignDuties(as(OPERATOR), log.address, wanted)).toHaveLength(1);
    expect(await guardians()).toEqual([successor]);
    await passTime(anvil.rpcUrl, DAY_S);
    expect(await assignDuties(as(OPERATOR), log.address, wanted)).toEqual([
      expect.stringContaining('is guardian of EventLogAnchor'),
      expect.stringMatching(/is dismissed as guardian .* at a start after 20/),
    ]);
    expect(await guardians()).toEqual([successor, guardian]);
    // What was done is open no more; the other the admin can do whenever it likes from then on.
    expect(await readScheduledGuardians(as(GUARDIAN), log.address)).toEqual([
      { account: successor, isGranted: false, fromS: expect.any(Number) as number },
    ]);
    await passTime(anvil.rpcUrl, DAY_S);
    await assignDuties(as(OPERATOR), log.address, wanted);
    expect(await readScheduledGuardians(as(GUARDIAN), log.address)).toEqual([]);
    expect(await guardians()).toEqual([guardian]);
    expect(await assignDuties(as(OPERATOR), log.address, wanted)).toEqual([]);
  });

  it.each([
    ['EventLogAnchor', deployEventLogAnchor],
    ['FlexToken', deployFlexToken],
    ['FlexibilityAgreement', deployFlexibilityAgreement],
    [
      'DataAccess',
      async (chain: Chain, options: DeployOptions) =>
        (await deployDataAccess(chain, options)).contract,
    ],
  ] as const)(
    'of a guardian of %s are none of who works and change in two steps',
    async (name, deploy) => {
      const { address } = await deploy(as(OPERATOR), { guardian: successor });
      await expect(deploy(as(OPERATOR), { guardian: operator })).rejects.toMatchObject(
        refusedBy('DutiesApart'),
      );
      expect(await assignDuties(as(OPERATOR), address, { guardian })).toEqual([
        expect.stringContaining(`is made guardian of ${name} ${address} at a start after 20`),
      ]);
      expect((await readDuties(as(OPERATOR), address))?.guardians).toEqual([successor]);
    },
  );

  it('of a guardian are never those of the admin or of who works, nor the other way round', async () => {
    const log = await deployEventLogAnchor(as(OPERATOR), guarded);
    const asOperator = await raw(OPERATOR, eventLogAnchorArtefact, log.address);
    const [work] = await asOperator.read('ANCHORER_ROLE');
    const [guards] = await asOperator.read('GUARDIAN_ROLE');
    await expect(asOperator.send('grantRole', [guards, operator])).rejects.toMatchObject(
      refusedBy('GuardianChangeNotDue'),
    );
    await asOperator.send('scheduleGuardian', [operator, true]);
    await asOperator.send('beginDefaultAdminTransfer', [guardian]);
    await passTime(anvil.rpcUrl, DAY_S + 1);
    const apart = refusedBy('DutiesApart');
    await expect(asOperator.send('grantRole', [guards, operator])).rejects.toMatchObject(apart);
    await expect(asOperator.send('grantRole', [work, guardian])).rejects.toMatchObject(apart);
    const asGuardian = await raw(GUARDIAN, eventLogAnchorArtefact, log.address);
    await expect(asGuardian.send('acceptDefaultAdminTransfer', [])).rejects.toMatchObject(apart);
    await expect(asGuardian.send('scheduleGuardian', [successor, true])).rejects.toMatchObject(
      UNAUTHORIZED,
    );
    await expect(deployEventLogAnchor(as(OPERATOR), { guardian: operator })).rejects.toMatchObject(
      apart,
    );
  });

  it('are given to the end where that was stopped half-way', async () => {
    const token = await deployFlexToken(as(OPERATOR));
    const asOperator = await raw(OPERATOR, flexTokenArtefact, token.address);
    const [role] = await asOperator.read('DISTRIBUTOR_ROLE');
    await asOperator.send('grantRole', [role, successor]);
    const wanted = { worker: successor };
    expect(await assignDuties(as(OPERATOR), token.address, wanted)).toHaveLength(1);
    expect((await readDuties(as(OPERATOR), token.address))?.workers).toEqual([successor]);
    expect(await assignDuties(as(OPERATOR), token.address, wanted)).toEqual([]);
  });

  it('of the admin are never taken over by themselves: who has to hand over is told', async () => {
    const log = await deployEventLogAnchor(as(OPERATOR));
    const told = await assignDuties(as(OPERATOR), log.address, { admin: successor });
    expect(told).toEqual([expect.stringContaining('beginDefaultAdminTransfer')]);
    expect((await readDuties(as(OPERATOR), log.address))?.admin).toBe(operator);
  });
});

describe('contracts of release 0.1.0', () => {
  async function deployFirst(artefact: ContractArtefact): Promise<string> {
    const encoded = AbiCoder.defaultAbiCoder().encode(['address'], [addressOf(OPERATOR)]);
    const mined = await as(OPERATOR).send({
      operation: 'the deployment of release 0.1.0',
      to: null,
      data: concat([artefact.bytecode, encoded]),
      abi: new Interface(artefact.abi),
      gasLimit: 3_000_000n,
    });
    return mined.createdAddress;
  }

  it('go on: they are anchored in, awarded by, claimed from and certified in as before', async () => {
    const log = await eventLogAnchorAt(as(OPERATOR), await deployFirst(eventLogAnchorArtefact1));
    await log.anchor(5, digestOf(1));
    expect([await log.owner(), (await log.latest())?.size]).toEqual([addressOf(OPERATOR), 5]);

    const token = await flexTokenAt(as(OPERATOR), await deployFirst(flexTokenArtefact1));
    const account = addressOf('a1');
    const { root, proofFor } = buildDistribution([{ account, cumulativeMicroEur: 7n }]);
    await token.award({
      sessionDigestHex: digestOf(1),
      settlementLeafHex: LEAF,
      root,
      amountMicroEur: 7n,
    });
    expect((await token.claimable()).root).toBe(root);
    await token.claim(proofFor(account));
    expect(await token.balanceOfMicroEur(account)).toBe(7n);

    const agreements = await flexibilityAgreementAt(
      as(OPERATOR),
      await deployFirst(flexibilityAgreementArtefact1),
    );
    await agreements.certify([digestOf(3)]);
    expect(await readDuties(as(OPERATOR), log.address)).toBeUndefined();
    expect(await assignDuties(as(OPERATOR), log.address, { guardian: account })).toEqual([
      expect.stringContaining('has no roles'),
    ]);
    expect(await agreements.readChanges()).toMatchObject([{ termsDigest: digestOf(3) }]);
  });
});

describe('contracts of the release before this one', () => {
  async function deploySecond(artefact: ContractArtefact): Promise<string> {
    const holders = [OPERATOR, OPERATOR, GUARDIAN].map(addressOf);
    const types = ['address', 'address', 'address'];
    const mined = await as(OPERATOR).send({
      operation: 'the deployment of the release before',
      to: null,
      data: concat([artefact.bytecode, AbiCoder.defaultAbiCoder().encode(types, holders)]),
      abi: new Interface(artefact.abi),
      gasLimit: 4_000_000n,
    });
    return mined.createdAddress;
  }

  it('go on: anchors, awards, claims, rejections and duties are as before', async () => {
    const log = await eventLogAnchorAt(as(OPERATOR), await deploySecond(eventLogAnchorArtefact2));
    await log.anchor(5, digestOf(1));
    await log.anchor(9, digestOf(2));
    await (await eventLogAnchorAt(as(GUARDIAN), log.address)).reject(1);
    expect(await log.latest()).toMatchObject({ size: 5 });

    const address = await deploySecond(flexTokenArtefact2);
    const token = await flexTokenAt(as(OPERATOR), address);
    const account = addressOf('a1');
    const { root, proofFor } = buildDistribution([{ account, cumulativeMicroEur: 7n }]);
    const settled = { sessionDigestHex: digestOf(1), settlementLeafHex: LEAF };
    await token.award({ ...settled, root, amountMicroEur: 7n });
    await token.award({ sessionDigestHex: digestOf(2), root: ZeroHash, amountMicroEur: 0n });
    await (await flexTokenAt(as(GUARDIAN), address)).reject(1, 1);
    await passTime(anvil.rpcUrl, CHALLENGE_DELAY_S);
    expect(await token.claimable()).toEqual({ root, index: undefined });
    await token.claim(proofFor(account));
    expect(await token.balanceOfMicroEur(account)).toBe(7n);
    expect((await token.readAwards())[0]).not.toHaveProperty('settlementLeafHex');

    const agreements = await deploySecond(flexibilityAgreementArtefact2);
    await (await flexibilityAgreementAt(as(OPERATOR), agreements)).certify([digestOf(3)]);
    const wanted = { guardian: addressOf(SUCCESSOR) };
    await assignDuties(as(OPERATOR), address, wanted);
    expect((await readDuties(as(OPERATOR), address))?.guardians).toEqual([addressOf(SUCCESSOR)]);
  });
});
