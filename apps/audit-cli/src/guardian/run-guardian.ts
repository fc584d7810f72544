/** `flexledger guardian`: what its subcommands print. */
import { UsageError, print, printJson } from '@flexledger/command-line';
import { accountOf } from '@flexledger/contracts';
import { readTrustFile } from '../trust-file';
import {
  type Done,
  type Guarded,
  type GuardianOptions,
  anchorText,
  distributionText,
  guardedNow,
  pause,
  rejectAnchors,
  rejectDistributions,
  unpause,
} from './guardian';
import { guardianSigner, makeGuardianKey } from './guardian-key';

/** Flags of `flexledger guardian key`. */
export interface GuardianKeyFlags {
  readonly out?: string;
  /** A key that is there, in a file or in a token. */
  readonly key?: string;
  readonly json: boolean;
}

/** Flags of `flexledger guardian show`. */
export interface GuardianShowFlags {
  readonly trust: string;
  readonly rpc: string;
  readonly json: boolean;
}

/** Flags of what a guardian does. */
export interface GuardianActFlags extends GuardianShowFlags {
  readonly key: string;
}

/** Makes the key of a guardian, or says of which account the one in a token is. @throws UsageError */
export async function writeGuardianKey({ out, key, json }: GuardianKeyFlags): Promise<void> {
  if ((out === undefined) === (key === undefined)) {
    throw new UsageError(
      'Name a file for a new key with --out, or a key that is there with --key.',
    );
  }
  const account = out === undefined ? await accountIn(key!) : makeGuardianKey(out);
  if (json) return printJson({ file: out ?? null, account });
  if (out !== undefined) {
    print(`${out} is the guardian's key: keep it where the operator cannot read it.`);
  }
  print(`Have the operator name its account in the configuration: chain.guardian: '${account}'`);
  print('The account pays for its transactions: give it some of the money of the chain.');
}

async function accountIn(key: string): Promise<string> {
  const signer = await guardianSigner(key);
  return typeof signer === 'string' ? accountOf(signer) : signer.address;
}

/** Shows what a guardian could stop. @throws UsageError, ChainUnavailable */
export async function showGuarded({ trust, rpc, json }: GuardianShowFlags): Promise<void> {
  const { contracts, challengeable, anchors } = await guardedNow({
    trust: readTrustFile(trust),
    rpcUrl: rpc,
  });
  if (json) return printJson({ contracts, challengeable, anchors });
  for (const { contract, name, address, isPaused, guardians } of contracts) {
    const by = guardians.length === 0 ? 'no guardian' : `guardian ${guardians.join(', ')}`;
    print(`${contract}: ${name} ${address}, ${isPaused ? 'PAUSED' : 'at work'}, ${by}`);
  }
  if (challengeable === null) print('The token tells no distributions.');
  else if (challengeable.length === 0) print('No distribution can be rejected now.');
  else {
    print('Distributions that can be rejected:');
    for (const distribution of challengeable) print(`  ${distributionText(distribution)}`);
  }
  if (anchors === null) return print('The anchor contract rejects nothing.');
  if (anchors.length === 0) return print('No anchor can be rejected now.');
  print('Anchors that can be rejected, each with all that are behind it:');
  const before = anchors.length - ANCHORS_SHOWN;
  if (before > 0) print(`  ${before} more, from ${anchors[0]!.index} on (--json shows them)`);
  for (const anchor of anchors.slice(-ANCHORS_SHOWN)) print(`  ${anchorText(anchor)}`);
}

/** An anchor a minute, for a day, would be a long list for a person. */
const ANCHORS_SHOWN = 20;

/** Stops a contract. @throws UsageError, ChainUnavailable */
export async function pauseGuarded(contract: Guarded, flags: GuardianActFlags): Promise<void> {
  tell(await pause(await optionsOf(flags), contract), flags);
}

/** Lets a contract go on. @throws UsageError, ChainUnavailable */
export async function unpauseGuarded(contract: Guarded, flags: GuardianActFlags): Promise<void> {
  tell(await unpause(await optionsOf(flags), contract), flags);
}

/** Rejects distributions; all that are open where none is named. @throws UsageError, ChainUnavailable */
export async function rejectOfToken(
  flags: GuardianActFlags & { readonly first?: number; readonly last?: number },
): Promise<void> {
  const { first, last = first } = flags;
  const range = first === undefined || last === undefined ? undefined : { first, last };
  tell(await rejectDistributions(await optionsOf(flags), range), flags);
}

/** Rejects anchors. @throws UsageError, ChainUnavailable */
export async function rejectOfLog(
  flags: GuardianActFlags & { readonly first: number },
): Promise<void> {
  tell(await rejectAnchors(await optionsOf(flags), flags.first), flags);
}

async function optionsOf({ trust, rpc, key }: GuardianActFlags): Promise<GuardianOptions> {
  return { trust: readTrustFile(trust), rpcUrl: rpc, privateKey: await guardianSigner(key) };
}

function tell(done: Done, { json }: { readonly json: boolean }): void {
  if (json) return printJson(done);
  for (const sentence of done.told) print(sentence);
  print(`Transaction ${done.txHash}, block ${done.blockNumber}.`);
}
