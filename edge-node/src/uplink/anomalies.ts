import type { AnomalyKind } from '@flexledger/domain';
import type { AnomalyMessage } from '@flexledger/messaging';
import { type Clock, isoNow } from '@flexledger/runtime';

/**
 * What is wrong at this node (D3.3 A.4.3.2). Only beginnings and ends are told; the platform may hear
 * them again after a reconnection and takes the last word.
 */
export interface Anomalies {
  raise(kind: AnomalyKind, detail: string): void;
  clear(kind: AnomalyKind): void;
  /** Tells the state of everything that was ever told: some of it may not have arrived. */
  repeat(): void;
}

const DETAIL_CHARACTERS = 1_000;

/** @param publish may lose a message without a connection: it is repeated when that is back */
export function createAnomalies(
  clock: Clock,
  publish: (message: AnomalyMessage) => void,
): Anomalies {
  const told = new Map<AnomalyKind, AnomalyMessage>();
  const tell = (message: AnomalyMessage): void => {
    told.set(message.kind, message);
    publish(message);
  };
  return {
    raise(kind, detail) {
      if (told.get(kind)?.raised) return;
      const text = detail.slice(0, DETAIL_CHARACTERS) || 'no detail';
      tell({ kind, detail: text, raised: true, at: isoNow(clock) });
    },
    clear(kind) {
      const before = told.get(kind);
      if (before?.raised) tell({ ...before, raised: false, at: isoNow(clock) });
    },
    repeat: () => told.forEach(publish),
  };
}
