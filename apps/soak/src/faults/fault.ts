import type { PlatformName } from '../market/layout';

/**
 * One thing that goes wrong in a world. Each names its moment by itself, so that a world with one fault
 * fewer has all the others where they were. `count` is how many times something is passed, from that moment
 * on, before it happens: 1 is the first.
 */
export type Fault = { readonly atMs: number } & (
  | {
      /** A process ends as by SIGKILL, where it passes a point; at any where `point` is null. */
      readonly kind: 'crash';
      readonly process: string;
      readonly point: string | null;
      readonly count: number;
      readonly downMs: number;
    }
  /** All processes end, and with them what was not synced. */
  | { readonly kind: 'powerCut'; readonly count: number; readonly downMs: number }
  /** An append fails, before it is written or before it is answered. */
  | { readonly kind: 'failedWrite'; readonly isWritten: boolean; readonly count: number }
  /** Nothing can be written: log, state of processors, read models. */
  | { readonly kind: 'fullDisk'; readonly lastsMs: number }
  /** A process is stopped for a while, as by SIGSTOP: its leases run out. */
  | { readonly kind: 'pause'; readonly process: string; readonly lastsMs: number }
  /** A machine's clock is set, and set right again. */
  | {
      readonly kind: 'clockStep';
      readonly process: string;
      readonly stepMs: number;
      readonly lastsMs: number;
    }
  | { readonly kind: 'chainOutage'; readonly lastsMs: number }
  /** A transaction is mined, and its sender told that the chain did not answer. */
  | { readonly kind: 'lostReceipt'; readonly count: number }
  /** A transaction is mined in a branch that is given up, and its sender told that it was not. */
  | { readonly kind: 'reorganisation'; readonly count: number }
  /** A call from one platform to another is lost, or its answer, or it comes twice, or late. */
  | {
      readonly kind: 'call';
      readonly what: 'lost' | 'answerLost' | 'twice' | 'late';
      readonly count: number;
    }
  /** Messages to and from nodes come twice, late and so in another order, or not at all. */
  | {
      readonly kind: 'messages';
      readonly what: 'twice' | 'late' | 'lost';
      readonly lastsMs: number;
    }
  /** A node is cut off. */
  | { readonly kind: 'silentNode'; readonly pod: number; readonly lastsMs: number }
  /** The DSO's answers to outcomes come late. */
  | { readonly kind: 'lateValidator'; readonly lastsMs: number }
  /** Somebody sends what no honest party sends. */
  | { readonly kind: 'hostileBid'; readonly variant: number }
  | { readonly kind: 'hostilePacket'; readonly pod: number; readonly variant: number }
);

export type FaultKind = Fault['kind'];

/** A fault in a line. */
export function faultText({ atMs, kind, ...rest }: Fault): string {
  const more = Object.entries(rest)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
  return `${new Date(atMs).toISOString()} ${kind}${more === '' ? '' : ` (${more})`}`;
}

/** Which platform's process a fault may be about. */
export type ProcessNames = readonly (PlatformName | string)[];
