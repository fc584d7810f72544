import { isoFromMs } from '@flexledger/runtime';
import { id, ZeroHash } from 'ethers';
import type { Chain } from './chain';
import { ChainRefused } from './chain-errors';
import {
  contractAt,
  type DeployedContract,
  type DutyHolders,
  type TransactionOptions,
} from './contract';
import { dataAccessArtefact } from './generated/data-access';
import { eventLogAnchorArtefact } from './generated/event-log-anchor';
import { flexTokenArtefact } from './generated/flex-token';
import { flexibilityAgreementArtefact } from './generated/flexibility-agreement';
import { eventLogAnchorArtefact2 } from './generated/frozen/event-log-anchor-2';
import { flexTokenArtefact2 } from './generated/frozen/flex-token-2';
import { flexibilityAgreementArtefact2 } from './generated/frozen/flexibility-agreement-2';

/** Who has which duty in a contract now; addresses with EIP-55 checksum, in the order in which they were granted. */
export interface Duties {
  readonly admin: string;
  /** May anchor, award, certify or record grants. */
  readonly workers: readonly string[];
  readonly guardians: readonly string[];
}

/** A role that was granted or revoked. */
export interface RoleChange {
  readonly role: 'admin' | 'worker' | 'guardian' | 'unknown';
  /** With EIP-55 checksum. */
  readonly account: string;
  readonly isGranted: boolean;
  readonly blockNumber: number;
}

/** A guardian who can be made, or dismissed, since that was scheduled and not done yet. */
export interface ScheduledGuardian {
  /** With EIP-55 checksum. */
  readonly account: string;
  readonly isGranted: boolean;
  /** Block time from which on the admin can do it, seconds since 1970; it does not lapse. */
  readonly fromS: number;
}

const GUARDIAN_ROLE = id('GUARDIAN_ROLE');
/** `DEFAULT_ADMIN_ROLE` of OpenZeppelin. */
const ADMIN_ROLE = ZeroHash;
const ARTEFACTS = [
  { versions: [eventLogAnchorArtefact, eventLogAnchorArtefact2], work: 'ANCHORER_ROLE' },
  { versions: [flexTokenArtefact, flexTokenArtefact2], work: 'DISTRIBUTOR_ROLE' },
  {
    versions: [flexibilityAgreementArtefact, flexibilityAgreementArtefact2],
    work: 'CERTIFIER_ROLE',
  },
  { versions: [dataAccessArtefact], work: 'RECORDER_ROLE' },
] as const;
/** Accounts that were ever granted a role: far above any honest number. */
const HOLDERS_AT_MOST = 100;
const CHANGES_AT_MOST = 1_000;

/**
 * Reads who has which duty in one of the contracts.
 *
 * @returns undefined where the contract has no roles: one of release 0.1.0, or none of ours
 * @throws RangeError when a role was granted so often that the contract cannot be an honest one
 * @throws ChainRefused, ChainUnavailable
 */
export async function readDuties(chain: Chain, address: string): Promise<Duties | undefined> {
  const known = await contractWithRoles(chain, address);
  if (!known) return undefined;
  const { contract, work } = known;
  const [admin] = await contract.read('defaultAdmin');
  return {
    admin,
    workers: await holdersOf(chain, contract, work),
    guardians: await holdersOf(chain, contract, GUARDIAN_ROLE),
  };
}

/**
 * All roles that were ever granted and revoked in one of the contracts, in the order of the chain.
 *
 * @returns undefined as `readDuties`
 * @throws RangeError when there are more than an honest contract can have
 * @throws ChainRefused, ChainUnavailable
 */
export async function readRoleChanges(
  chain: Chain,
  address: string,
): Promise<RoleChange[] | undefined> {
  const known = await contractWithRoles(chain, address);
  if (!known) return undefined;
  const { contract, work } = known;
  const names = new Map<string, RoleChange['role']>([
    [ADMIN_ROLE, 'admin'],
    [work, 'worker'],
    [GUARDIAN_ROLE, 'guardian'],
  ]);
  const topics = ['RoleGranted', 'RoleRevoked'].map(
    (name) => contract.abi.getEvent(name)!.topicHash,
  );
  const logs = await chain.logs(address, [topics]);
  if (logs.length > CHANGES_AT_MOST) {
    throw new RangeError(
      `the contract ${address} has changed roles ${logs.length} times; ${CHANGES_AT_MOST} are looked at`,
    );
  }
  return logs.map((log) => {
    const { name, args } = contract.abi.parseLog(log)!;
    return {
      role: names.get(args['role'] as string) ?? 'unknown',
      account: args['account'] as string,
      isGranted: name === 'RoleGranted',
      blockNumber: log.blockNumber,
    };
  });
}

/**
 * The changes of guardians that were scheduled and not done yet: the admin can do them at once when their time has come,
 * however long ago that was.
 *
 * @returns undefined as `readDuties`; none of contracts of earlier releases, whose guardians change in one step
 * @throws RangeError when more were scheduled than an honest contract can have
 * @throws ChainRefused, ChainUnavailable
 */
export async function readScheduledGuardians(
  chain: Chain,
  address: string,
): Promise<ScheduledGuardian[] | undefined> {
  const known = await contractWithRoles(chain, address);
  if (!known) return undefined;
  if (!known.isTwoStep) return [];
  const { abi, read } = known.contract;
  const logs = await chain.logs(address, [abi.getEvent('GuardianChangeScheduled')!.topicHash]);
  if (logs.length > CHANGES_AT_MOST) {
    throw new RangeError(
      `the contract ${address} has scheduled guardians ${logs.length} times; ${CHANGES_AT_MOST} are looked at`,
    );
  }
  const scheduled = new Map<string, Omit<ScheduledGuardian, 'fromS'>>();
  for (const log of logs) {
    const [account, isGranted] = abi.parseLog(log)!.args as unknown as [string, boolean];
    scheduled.set(`${account}/${isGranted}`, { account, isGranted });
  }
  const open: ScheduledGuardian[] = [];
  for (const { account, isGranted } of scheduled.values()) {
    const fromS = Number((await read('guardianChangeAt', account, isGranted))[0]);
    if (fromS > 0) open.push({ account, isGranted, fromS });
  }
  return open;
}

/**
 * Gives a contract the guardian and the worker that are wanted, as far as the chain's account is its admin and
 * they are not so yet; whoever had the duty before has it no more. A guardian is made and dismissed in two steps, a day
 * apart: who is asked again then goes on. The admin stays: handing that over takes two transactions a day apart, the second
 * by whoever takes it.
 *
 * @returns what was done, what is waited for, and what only the admin can do, in words for people
 * @throws ChainRefused, ChainUnavailable
 */
export async function assignDuties(
  chain: Chain,
  address: string,
  { admin, worker, guardian }: DutyHolders,
  options?: TransactionOptions,
): Promise<string[]> {
  const known = await contractWithRoles(chain, address);
  const duties = await readDuties(chain, address);
  if (!known || !duties) {
    const isAsked = [admin, worker, guardian].some((wanted) => wanted !== undefined);
    return isAsked ? [`The contract ${address} is of release 0.1.0 and has no roles to give.`] : [];
  }
  const { contract, work } = known;
  const name = `${contract.name} ${address}`;
  const told: string[] = [];
  for (const { duty, role, wanted, holders } of [
    { duty: 'guardian', role: GUARDIAN_ROLE, wanted: guardian, holders: duties.guardians },
    { duty: 'worker', role: work, wanted: worker, holders: duties.workers },
  ] as const) {
    if (wanted === undefined) continue;
    const isHeld = holders.some((holder) => isSame(holder, wanted));
    const others = holders.filter((holder) => !isSame(holder, wanted));
    if (!isSame(duties.admin, chain.senderAddress)) {
      const asked = [
        ...(isHeld
          ? []
          : [
              `${wanted} is no ${duty} of ${name}: its admin ${duties.admin} grants that (grantRole ${role})`,
            ]),
        ...others.map(
          (other) =>
            `${other} is still ${duty} of ${name}: its admin ${duties.admin} revokes that (revokeRole ${role})`,
        ),
      ];
      told.push(...asked.map((sentence) => `${sentence}.`));
      continue;
    }
    const change = { contract, role, isTwoStep: known.isTwoStep && duty === 'guardian', options };
    const granted =
      isHeld || (await changed({ ...change, account: wanted, isGranted: true }, told));
    if (!isHeld && granted) told.push(`${wanted} is ${duty} of ${name} from now on.`);
    // Nobody is dismissed before another has the duty.
    for (const account of granted ? others : []) {
      const isRevoked = await changed({ ...change, account, isGranted: false }, told);
      if (isRevoked) told.push(`${account} is no more ${duty} of ${name}.`);
    }
  }
  if (admin !== undefined && !isSame(duties.admin, admin)) {
    told.push(
      `The admin of ${name} is ${duties.admin}, not ${admin}: it hands over by ` +
        'beginDefaultAdminTransfer, and the other accepts a day later.',
    );
  }
  return told;
}

/**
 * Takes the work of a contract from everybody, as far as the chain's account is its admin: of one that another has taken the
 * place of. Admin and guardian stay, and what is in it stays to be claimed and read.
 *
 * @returns what was done, and what only the admin can do, in words for people
 * @throws ChainRefused, ChainUnavailable
 */
export async function dismissWorkers(
  chain: Chain,
  address: string,
  options?: TransactionOptions,
): Promise<string[]> {
  const known = await contractWithRoles(chain, address);
  const duties = await readDuties(chain, address);
  if (!known || !duties) {
    return [
      `The contract ${address} is of release 0.1.0 and has no roles: its one key stays its key.`,
    ];
  }
  const { contract, work } = known;
  const name = `${contract.name} ${address}`;
  const told: string[] = [];
  for (const account of duties.workers) {
    if (isSame(duties.admin, chain.senderAddress)) {
      await contract.send('revokeRole', [work, account], options);
      told.push(`${account} is no more worker of ${name}.`);
    } else {
      told.push(
        `${account} is still worker of ${name}: its admin ${duties.admin} revokes that (revokeRole ${work}).`,
      );
    }
  }
  return told;
}

interface Change {
  readonly contract: DeployedContract & { readonly name: string };
  readonly role: string;
  readonly account: string;
  readonly isGranted: boolean;
  /** It is scheduled first, and made a day later. */
  readonly isTwoStep: boolean;
  readonly options: TransactionOptions | undefined;
}

/** Makes a change, or its first step. @returns whether it is made; what is waited for is told */
async function changed(
  { contract, role, account, isGranted, isTwoStep, options }: Change,
  told: string[],
): Promise<boolean> {
  const make = () =>
    contract.send(isGranted ? 'grantRole' : 'revokeRole', [role, account], options);
  if (!isTwoStep) {
    await make();
    return true;
  }
  const read = async (): Promise<number> =>
    Number((await contract.read('guardianChangeAt', account, isGranted))[0]);
  if ((await read()) === 0) await contract.send('scheduleGuardian', [account, isGranted], options);
  try {
    await make();
    return true;
  } catch (error) {
    if (!(error instanceof ChainRefused) || error.errorName !== 'GuardianChangeNotDue') throw error;
    const from = isoFromMs((await read()) * 1_000);
    const what = isGranted ? 'is made guardian' : 'is dismissed as guardian';
    told.push(
      `${account} ${what} of ${contract.name} ${contract.address} at a start after ${from}, by the chain's time.`,
    );
    return false;
  }
}

/** One of the contracts that have roles, told by its code; undefined of any other. */
export async function contractWithRoles(chain: Chain, address: string) {
  for (const { versions, work } of ARTEFACTS) {
    for (const [place, artefact] of versions.entries()) {
      try {
        const contract = await contractAt(chain, [artefact], address);
        const { contractName: name } = artefact;
        return { contract: { ...contract, name }, work: id(work), isTwoStep: place === 0 };
      } catch (error) {
        if (!(error instanceof ChainRefused)) throw error;
      }
    }
  }
  return undefined;
}

async function holdersOf(
  chain: Chain,
  { address, abi, read }: DeployedContract,
  role: string,
): Promise<string[]> {
  const { topicHash } = abi.getEvent('RoleGranted')!;
  const logs = await chain.logs(address, [topicHash, role]);
  const granted = logs.map((log) => abi.parseLog(log)!.args['account'] as string);
  const accounts = [...new Set(granted)];
  if (accounts.length > HOLDERS_AT_MOST) {
    throw new RangeError(
      `the contract ${address} has granted a role to ${accounts.length} accounts; ${HOLDERS_AT_MOST} are looked at`,
    );
  }
  const current: string[] = [];
  for (const account of accounts) {
    const [hasRole] = await read('hasRole', role, account);
    if (hasRole) current.push(account);
  }
  return current;
}

const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();
