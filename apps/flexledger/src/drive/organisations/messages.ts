/** What the driver of a day asks of an organisation's process; each may be asked again of one that was started anew. */
import type { OperatingLimits } from '@flexledger/domain';
import type { Config } from '../../config/config';

/** How an organisation's process is opened. */
export interface OpenOrganisation {
  readonly kind: 'open';
  readonly config: Config;
  readonly nowMs: number;
  /** Civil day whose sessions the market schedules; the calendar runs by itself where absent. */
  readonly day?: string;
  /** What a DSO publishes; that of its configuration where absent. */
  readonly grid?: {
    readonly gridId: string;
    readonly model: object;
    readonly limits: OperatingLimits;
  };
}

/** To whom a log is shown, and of which types where they do not follow the whole of it. */
export interface ShownTo {
  readonly party: string;
  readonly types?: readonly string[];
}

/** Under what an organisation says how far it shows its log. */
export const shownKey = ({ party, types }: ShownTo): string => [party, ...(types ?? [])].join();

export type OrganisationRequest =
  | OpenOrganisation
  | { readonly kind: 'setClock'; readonly nowMs: number }
  /** Runs the first timer that is due. */
  | { readonly kind: 'fire' }
  /** Waits for so many packets of nodes, and records them. */
  | { readonly kind: 'collect'; readonly count: number }
  /** How far it has come, and how far it shows its log to these parties. */
  | { readonly kind: 'status'; readonly parties: readonly ShownTo[] }
  /** Seals what is new. */
  | { readonly kind: 'seal' }
  | { readonly kind: 'close' };

/** How far an organisation has come. */
export interface OrganisationState {
  readonly head: number;
  /** The timer that waits first. */
  readonly next: { readonly atMs: number; readonly name: string } | null;
  /** Nothing waits to be handled, or to be answered by a node. */
  readonly isIdle: boolean;
  /** By mirror: position of the last event that it has recorded. */
  readonly mirrored: Readonly<Record<string, number>>;
  /** By `shownKey`: position of the last event that it shows. */
  readonly shown: Readonly<Record<string, number>>;
}
