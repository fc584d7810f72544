/** The state of the log as this browser finds it: key, signature, and that it goes on from what it saw. */
import type { SignedCheckpoint } from '@flexledger/merkle-log';
import { api, take } from '../data/client';
import { pin, readPinned } from './pinned';
import { run } from './checks';
import { hex } from './hex';
import { type Step, openStep, verdictOf } from './steps';
import type { LogKey } from './verify';

export interface LogCheck {
  readonly steps: readonly Step[];
  /** Undefined where its signature does not hold. */
  readonly checkpoint: SignedCheckpoint | undefined;
}

/** @throws Problem when the platform does not answer */
export async function checkLog(): Promise<LogCheck> {
  const { certification } = await take(api.GET('/api/v1/status', {}));
  const { origin, publicKey, checkpoints } = certification;
  if (origin === null || publicKey === null) {
    return {
      steps: [openStep('Key of the log', 'No certifier has started yet.')],
      checkpoint: undefined,
    };
  }
  if (checkpoints === 0) {
    const words =
      'No checkpoint is sealed yet; the first follows about a minute after the first event.';
    return { steps: [openStep('Checkpoint signature', words)], checkpoint: undefined };
  }
  const key: LogKey = { origin, publicKey };
  const pinned = readPinned();
  const changes = await take(api.GET('/api/v1/log/key-changes', {}));
  const steps: Step[] = [
    pinned
      ? await run('checkKey', key, pinned, changes.items)
      : openStep('Key of the log', 'Met for the first time; kept from now on.'),
  ];
  const note = await take(api.GET('/api/v1/log/checkpoint', { parseAs: 'text' }));
  const { step, checkpoint } = await run(
    'checkSignature',
    note,
    isLedTo(steps) ? key : pinned!.key,
  );
  steps.push(step);
  if (!checkpoint) return { steps, checkpoint };
  if (pinned && pinned.checkpoint.size > 0) steps.push(await goesOn(pinned.checkpoint, checkpoint));
  if (verdictOf(steps) === 'good') {
    const seen = { size: checkpoint.size, root: hex(checkpoint.root) };
    // The first one counts that it was told: whoever has stolen the log's key would name another.
    const recoveryKey = pinned?.recoveryKey ?? (await run('verifierKeyIn', changes.recoveryKey));
    const since = pinned?.since ?? new Date().toISOString();
    pin({ key, ...(recoveryKey !== undefined && { recoveryKey }), checkpoint: seen, since });
  }
  return { steps, checkpoint };
}

/** The log's key is to be held against a signature where nothing speaks against it. */
const isLedTo = (steps: readonly Step[]): boolean => verdictOf(steps) === 'good';

async function goesOn(
  seen: { readonly size: number; readonly root: string },
  checkpoint: SignedCheckpoint,
): Promise<Step> {
  if (seen.size > checkpoint.size) {
    // A smaller log cannot begin with a larger one; the claim is computed to be false.
    const claim = { from: seen.size, to: checkpoint.size, fromRoot: '', toRoot: '', proof: [] };
    return run('checkConsistency', seen, claim, checkpoint);
  }
  const query = { from: seen.size, to: checkpoint.size };
  const claim = await take(api.GET('/api/v1/log/consistency', { params: { query } }));
  return run('checkConsistency', seen, claim, checkpoint);
}
