/** Who has which duty in the log's contracts: as the configuration wants it, and as the chain has it. */
import {
  type Chain,
  type Duties,
  ChainRefused,
  assignDuties,
  readDuties,
} from '@flexledger/contracts';
import type { Clock } from '@flexledger/runtime';
import type { LogContracts } from './chain';

/** Whom the configuration gives duties in the contracts; 0x-prefixed addresses. */
export interface DutySetting {
  /** Admin of contracts that are deployed; the platform's own account where absent. */
  readonly admin?: string;
  /** May pause and reject, and nothing else; nobody where absent. */
  readonly guardian?: string;
  /** Awards, and certifies agreements; the platform's own account where absent. */
  readonly marketAccount?: string;
  /** Private key of that account, 32 bytes hex, in the process that awards. */
  readonly marketKey?: string;
}

/** By contract; nothing of one that has no roles (release 0.1.0) or cannot be asked. */
export type ContractDuties = Readonly<Record<'anchor' | 'token' | 'agreement', Duties | undefined>>;

/**
 * Gives the duties that are wanted and not given yet, where the chain's account may; the rest is told.
 *
 * @throws ChainRefused, ChainUnavailable
 */
export async function assignAll(
  chain: Chain,
  { anchorContract, tokenContract, agreementContract, dataAccess }: LogContracts,
  { clock, duties }: { readonly clock: Clock; readonly duties: DutySetting },
  onProblem: (told: string) => void,
): Promise<void> {
  const { admin, guardian, marketAccount: worker } = duties;
  if ([admin, guardian, worker].every((wanted) => wanted === undefined)) return;
  const accessContract = await dataAccess.named();
  for (const [{ address }, wanted] of [
    [anchorContract, { admin, guardian }],
    [tokenContract, { admin, guardian, worker }],
    [agreementContract, { admin, guardian, worker }],
    ...(accessContract === undefined
      ? []
      : [[{ address: accessContract }, { admin, guardian }] as const]),
  ] as const) {
    const blockTime = { blockTimeMs: clock.nowMs() };
    for (const told of await assignDuties(chain, address, wanted, blockTime)) onProblem(told);
  }
}

/** @throws ChainUnavailable */
export async function dutiesOf(
  chain: Chain,
  { anchorContract, tokenContract, agreementContract }: LogContracts,
): Promise<ContractDuties> {
  const ofContract = async ({ address }: { address: string }): Promise<Duties | undefined> => {
    try {
      return await readDuties(chain, address);
    } catch (error) {
      // A public node may give no logs of so long ago; nothing rests on them here.
      if (error instanceof ChainRefused) return undefined;
      throw error;
    }
  };
  return {
    anchor: await ofContract(anchorContract),
    token: await ofContract(tokenContract),
    agreement: await ofContract(agreementContract),
  };
}

/** What the process that anchors is told where nobody may, in words for people; undefined where somebody may. */
export function closedContract(
  { anchorContract }: Pick<LogContracts, 'anchorContract'>,
  { anchor }: ContractDuties,
): string | undefined {
  if (anchor?.workers.length !== 0) return undefined;
  return (
    `Nobody may anchor in the contract ${anchorContract.address}: a change of contracts was cut off. Go on with it by ` +
    '"flexledger log change-contracts", or have the admin grant ANCHORER_ROLE.'
  );
}
