/** `flexledger node rotate-key`: the key of the node in a folder is followed by a new one. */
import { print, printJson, tell } from '@flexledger/command-line';
import { rotateKey } from '@flexledger/edge-node';
import { wallClock } from '@flexledger/runtime';
import { unusable } from './run-node';

/** Flags of `flexledger node rotate-key`. */
export interface RotateKeyFlags {
  readonly url: string;
  readonly folder: string;
  readonly json: boolean;
}

/** @throws UsageError when the folder cannot be used, the platform refuses it or does not answer */
export async function rotateNodeKey(podId: string, flags: RotateKeyFlags): Promise<void> {
  const { url, folder, json } = flags;
  const { publicKey } = await rotateKey({
    podId,
    folder,
    url,
    clock: wallClock,
    onProblem: tell,
  }).catch((error: unknown) => Promise.reject(unusable(error, url)));
  if (json) printJson({ podId, publicKey });
  else print(`The node of PoD ${podId} signs with key ${publicKey.slice(0, 18)}… from now on.`);
}
