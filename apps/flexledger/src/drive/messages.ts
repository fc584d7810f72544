/**
 * What the driver of a day and the processes of its platforms say to each other, over the channel that
 * a child process has to its parent. Every request may be sent again to a process that was started anew:
 * none of them does harm twice.
 */
import type { Config } from '../config/config';

/** How a platform's process is opened. */
export interface OpenRequest {
  readonly kind: 'open';
  readonly config: Config;
  /** Rule pack, by name or file. */
  readonly rules: string;
  readonly seed: number;
  readonly nowMs: number;
  /** Civil day of delivery, whose gates the market arms. */
  readonly day: string;
  readonly pods: number;
}

export type DriveRequest =
  | OpenRequest
  /** Sets the market's clock; what is due waits for its turn. */
  | { readonly kind: 'setClock'; readonly nowMs: number }
  /** Runs the first timer that is due. */
  | { readonly kind: 'fire' }
  /** Hands every event on that the log holds, and waits for what nodes answer to it. */
  | { readonly kind: 'settle' }
  /** Waits for so many packets, or reports, of nodes, and records them. */
  | { readonly kind: 'collect'; readonly what: 'measurements' | 'reports'; readonly count: number }
  /** Seals what is new and says what the day came to. */
  | { readonly kind: 'conclude' }
  | { readonly kind: 'close' };

/** What an answer always says. */
export interface DriveState {
  /** The timer that waits first. */
  readonly next: { readonly atMs: number; readonly name: string } | null;
  /** How far this process has handed events on. */
  readonly head: number;
  /** What this life of the process has used up to now. */
  readonly used: { readonly cpuUs: number; readonly rssBytes: number };
  /** Of `conclude`. */
  readonly concluded?: { readonly tokensMinted: number; readonly logDigest: string };
}
