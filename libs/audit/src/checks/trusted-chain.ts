/** A chain and the contracts on it against what a trust policy says of them, and what their admins can still do. */
import type { ChainSnapshot, ContractState } from '../chain-snapshot';
import { isoFromMs } from '../instant';
import type { FormerContracts, TrustPolicy, TrustedChain, TrustedContract } from '../trust-policy';

/** The contracts that a certifier names as it starts. */
export const CONTRACTS = ['anchorContract', 'tokenContract', 'agreementContract'] as const;

/** What of a chain, and of the contracts in force, is not as it is trusted to be. */
export function chainFaults(
  policy: Pick<TrustPolicy, 'chain'>,
  chain: ChainSnapshot,
  names: readonly (typeof CONTRACTS)[number][] = CONTRACTS,
): string[] {
  const { chain: trusted } = policy;
  const faults = whichChainFaults(policy, chain);
  for (const name of names) {
    faults.push(
      ...contractFaults(name, trusted[name], trusted.certifier, contractIn(chain, trusted[name])),
    );
  }
  return faults;
}

/** Whether it is another chain than the one trusted. */
export function whichChainFaults(
  { chain: trusted }: Pick<TrustPolicy, 'chain'>,
  chain: ChainSnapshot,
): string[] {
  const faults: string[] = [];
  if (chain.chainId !== trusted.chainId) {
    faults.push(`chain ${chain.chainId} answers; trusted is ${trusted.chainId}`);
  }
  if (chain.genesisHash !== trusted.genesisHash) {
    faults.push(
      `the chain begins with block ${chain.genesisHash}; trusted is ${trusted.genesisHash}: it was made anew`,
    );
  }
  return faults;
}

/** What of the contract of grants is not as it is trusted to be, where the policy names one. */
export function accessFaults({ chain: trusted }: TrustPolicy, chain: ChainSnapshot): string[] {
  const { accessContract, certifier } = trusted;
  if (!accessContract) return [];
  const state = contractIn(chain, accessContract);
  return contractFaults('accessContract', accessContract, certifier, state);
}

/** What of contracts that the log has no more is not as it was: their code; duties in them count no more. */
export function formerFaults(
  former: Pick<TrustedChain, (typeof CONTRACTS)[number]> | FormerContracts,
  chain: ChainSnapshot,
  names: readonly (typeof CONTRACTS)[number][] = CONTRACTS,
): string[] {
  return names.flatMap((name) => {
    const { address, codeHash } = former[name];
    const state = contractIn(chain, former[name]);
    if (!state) return [`the ${name} ${address} that is trusted is not named by the log`];
    return state.codeHash === codeHash ? [] : [codeFault(name, former[name], state)];
  });
}

const codeFault = (
  name: string,
  { address, codeHash }: Pick<TrustedContract, 'address' | 'codeHash'>,
  found: Pick<ContractState, 'codeHash'>,
): string => `the code of the ${name} ${address} has hash ${found.codeHash}, not ${codeHash}`;

/** A contract as it stands, to be trusted from now on. @param chain has read it */
export function trustedContractAt(chain: ChainSnapshot, address: string): TrustedContract {
  const { codeHash, duties } = contractIn(chain, { address })!;
  const { workers, guardians, changes } = duties ?? {};
  return {
    address,
    codeHash,
    ...(workers && { workers }),
    ...(guardians && { guardians }),
    ...(changes && { roleChanges: changes.length }),
  };
}

/** A contract as the chain has it; undefined where it was not read. */
export function contractIn(
  chain: ChainSnapshot,
  { address }: Pick<TrustedContract, 'address'>,
): ContractState | undefined {
  for (const [named, state] of chain.contracts) if (sameAddress(named, address)) return state;
  return undefined;
}

function contractFaults(
  name: string,
  { address, codeHash, ...trusted }: TrustedContract,
  certifier: string,
  state: ContractState | undefined,
): string[] {
  if (!state) return [`the ${name} ${address} that is trusted is not named by the log`];
  const faults: string[] = [];
  if (state.codeHash !== codeHash) faults.push(codeFault(name, { address, codeHash }, state));
  if (state.owner !== undefined && !sameAddress(state.owner, certifier)) {
    faults.push(`the ${name} ${address} obeys ${state.owner}; trusted is ${certifier}`);
  }
  for (const duty of ['workers', 'guardians'] as const) {
    const wanted = trusted[duty];
    if (wanted === undefined) continue;
    const found = state.duties?.[duty] ?? [];
    const isIn = (accounts: readonly string[], one: string): boolean =>
      accounts.some((other) => sameAddress(other, one));
    for (const account of found.filter((one) => !isIn(wanted, one))) {
      faults.push(
        `${account} is among the ${duty} of the ${name} ${address}; the file does not name it`,
      );
    }
    for (const account of wanted.filter((one) => !isIn(found, one))) {
      faults.push(`${account} is no more among the ${duty} of the ${name} ${address}`);
    }
  }
  return [...faults, ...roleFaults(`the ${name} ${address}`, trusted, certifier, state)];
}

/** What was changed of roles since the file was written, and not to what it names; also where that was undone since. */
function roleFaults(
  contract: string,
  { workers, guardians, roleChanges }: Omit<TrustedContract, 'address' | 'codeHash'>,
  certifier: string,
  { duties }: ContractState,
): string[] {
  if (roleChanges === undefined || duties?.changes === undefined) return [];
  const { changes } = duties;
  if (changes.length < roleChanges) {
    return [
      `${contract} tells of ${changes.length} changes of roles; the file has seen ${roleChanges}`,
    ];
  }
  const named = { worker: workers, guardian: guardians, admin: [certifier], unknown: [] };
  return changes.slice(roleChanges).flatMap(({ role, account, isGranted, blockNumber }) => {
    const isNamed = (named[role] ?? []).some((other) => sameAddress(other, account));
    if (isGranted && isNamed) return [];
    const done = isGranted ? 'was made' : 'was dismissed as';
    return [
      `${account} ${done} ${role} of ${contract} in block ${blockNumber}; the file does not say so`,
    ];
  });
}

/** The last instant that has a form: a chain may have another idea of time. */
const LAST_MS = 8.64e15;

/** Guardians that an admin can make or dismiss without any further notice, in words for people. */
export function scheduledIn({ contracts }: ChainSnapshot): string[] {
  return [...contracts].flatMap(([address, { duties }]) =>
    (duties?.scheduled ?? []).map(({ account, isGranted, fromS }) => {
      const what = isGranted ? 'made guardian' : 'dismissed as guardian';
      const from = isoFromMs(Math.min(fromS * 1_000, LAST_MS));
      return `${account} can be ${what} of contract ${address} by its admin at any time from ${from} on`;
    }),
  );
}

/** Whether two addresses are one, however their digits are written. */
export function sameAddress(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
