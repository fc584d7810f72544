import { id } from 'ethers';
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

/** Who has which duty in a contract now; addresses with EIP-55 checksum, in the order in which they were granted. */
export interface Duties {
  readonly admin: string;
  /** May anchor, award, certify or record grants. */
  readonly workers: readonly string[];
  readonly guardians: readonly string[];
}

const GUARDIAN_ROLE = id('GUARDIAN_ROLE');
const ARTEFACTS = [
  { artefact: eventLogAnchorArtefact, work: 'ANCHORER_ROLE' },
  { artefact: flexTokenArtefact, work: 'DISTRIBUTOR_ROLE' },
  { artefact: flexibilityAgreementArtefact, work: 'CERTIFIER_ROLE' },
  { artefact: dataAccessArtefact, work: 'RECORDER_ROLE' },
] as const;
/** Accounts that were ever granted a role: far above any honest number. */
const HOLDERS_AT_MOST = 100;

/**
 * Reads who has which duty in one of the contracts.
 *
 * @returns undefined where the contract has no roles: one of release 0.1.0, or none of ours
 * @throws RangeError when a role was granted so often that the contract cannot be an honest one
 * @throws ChainRefused, ChainUnavailable
 */
export async function readDuties(chain: Chain, address: string): Promise<Duties | undefined> {
  const known = await contractOfThisRelease(chain, address);
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
 * Gives a contract the guardian and the worker that are wanted, as far as the chain's account is its admin and
 * they are not so yet; the account itself then works no more. Its admin stays: handing that over takes two
 * transactions a day apart, the second by whoever takes it.
 *
 * @returns what was done, and what only the admin can do, in words for people
 * @throws ChainRefused, ChainUnavailable
 */
export async function assignDuties(
  chain: Chain,
  address: string,
  { admin, worker, guardian }: DutyHolders,
  options?: TransactionOptions,
): Promise<string[]> {
  const known = await contractOfThisRelease(chain, address);
  const duties = await readDuties(chain, address);
  if (!known || !duties) {
    const isAsked = [admin, worker, guardian].some((wanted) => wanted !== undefined);
    return isAsked ? [`The contract ${address} is of release 0.1.0 and has no roles to give.`] : [];
  }
  const { contract, work } = known;
  const told: string[] = [];
  const wants: readonly (readonly [string, string, string | undefined, readonly string[]])[] = [
    ['guardian', GUARDIAN_ROLE, guardian, duties.guardians],
    ['worker', work, worker, duties.workers],
  ];
  for (const [duty, role, wanted, holders] of wants) {
    if (wanted === undefined) continue;
    const isHeld = holders.some((holder) => isSame(holder, wanted));
    // Its own work as well, where it was stopped between the two transactions.
    const isLeft =
      duty === 'worker' &&
      !isSame(wanted, chain.senderAddress) &&
      holders.some((holder) => isSame(holder, chain.senderAddress));
    if (isHeld && !isLeft) continue;
    if (!isSame(duties.admin, chain.senderAddress)) {
      if (isHeld) continue;
      told.push(
        `${wanted} is no ${duty} of ${contract.name} ${address}: its admin ${duties.admin} grants that (grantRole ${role}).`,
      );
      continue;
    }
    if (!isHeld) {
      await contract.send('grantRole', [role, wanted], options);
      told.push(`${wanted} is ${duty} of ${contract.name} ${address} from now on.`);
    }
    if (isLeft) {
      await contract.send('revokeRole', [role, chain.senderAddress], options);
      if (isHeld)
        told.push(`${chain.senderAddress} is no more worker of ${contract.name} ${address}.`);
    }
  }
  if (admin !== undefined && !isSame(duties.admin, admin)) {
    told.push(
      `The admin of ${contract.name} ${address} is ${duties.admin}, not ${admin}: it hands over by ` +
        'beginDefaultAdminTransfer, and the other accepts a day later.',
    );
  }
  return told;
}

async function contractOfThisRelease(chain: Chain, address: string) {
  for (const { artefact, work } of ARTEFACTS) {
    try {
      const contract = await contractAt(chain, [artefact], address);
      return { contract: { ...contract, name: artefact.contractName }, work: id(work) };
    } catch (error) {
      if (!(error instanceof ChainRefused)) throw error;
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
