/** `flexledger witness`: runs until it is told to end. */
import { print, printJson, tell } from '@flexledger/command-line';
import { sha256, signEd25519, verifyEd25519 } from '@flexledger/identity';
import { NOTE_KEY_TYPES, verifierKeyText } from '@flexledger/merkle-log';
import { wallClock } from '@flexledger/runtime';
import { type ServedWitness, serveWitness } from './serve-witness';
import { createWitness } from './witness';
import { type WitnessConfig, openWitnessKey, readWitnessConfig } from './witness-config';
import { openWitnessState } from './witness-state';

export interface OpenedWitness extends ServedWitness {
  /** By which others trust it. */
  readonly verifierKey: string;
}

/** Opens a witness by its configuration. */
export async function openWitness(
  config: WitnessConfig,
  onProblem: (problem: string) => void,
): Promise<OpenedWitness> {
  const { privateKey, publicKey } = openWitnessKey(config.keyFile);
  const key = { name: config.name, publicKey: Buffer.from(publicKey, 'hex') };
  const verifierKey = verifierKeyText(sha256, key, NOTE_KEY_TYPES.cosignature);
  const state = openWitnessState(config.stateFile);
  const witness = createWitness({
    key,
    sign: (message) => signEd25519(privateKey, message),
    logs: config.logs,
    state,
    sha256,
    verify: verifyEd25519,
    nowMs: () => wallClock.nowMs(),
    onFork: onProblem,
  });
  try {
    const { host, port } = config;
    const served = await serveWitness({ host, port, witness, state, verifierKey, onProblem });
    return {
      url: served.url,
      verifierKey,
      async close() {
        await served.close();
        state.close();
      },
    };
  } catch (error) {
    state.close();
    throw error;
  }
}

/** Runs one until SIGINT or SIGTERM. */
export async function runWitness({
  config,
  json,
}: {
  config: string;
  json: boolean;
}): Promise<void> {
  const witness = await openWitness(readWitnessConfig(config), tell);
  const { url, verifierKey } = witness;
  if (json) printJson({ url, verifierKey });
  else {
    print(`Witness at ${url}`);
    print(`Trust it by ${verifierKey}`);
  }
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await witness.close();
}
