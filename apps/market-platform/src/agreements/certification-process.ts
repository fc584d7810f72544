/**
 * Certifies agreements on the chain: what customers accepted, and what ended. The log says what is to
 * be certified and what has been, so a silent chain delays certificates and loses none, and a restart
 * goes on where the log ends.
 */
import type { AgreementEvent, AgreementTerms } from '@flexledger/domain';
import { BEFORE_FIRST, type EventStore, type Processor, contextOf } from '@flexledger/event-store';
import type { Clock, Timers } from '@flexledger/runtime';
import { agreementDigest } from '@flexledger/identity';
import type { AgreementLedger, CertifiedStep } from './agreement-ledger';
import type { Agreements } from './agreements';

export interface AgreementCertificationOptions {
  readonly store: EventStore;
  readonly agreements: Agreements;
  readonly ledger: AgreementLedger;
  readonly clock: Clock;
  readonly timers: Timers;
  /** After which what failed is tried again; 5 where absent. */
  readonly retryMinutes?: number;
  /** Told of what failed and will be tried again. */
  readonly onError: (error: unknown) => void;
}

const TYPES: readonly AgreementEvent['type'][] = [
  'AgreementProposed',
  'AgreementAccepted',
  'AgreementEnded',
  'AgreementCertified',
  'AgreementEndCertified',
];
const RETRY_MINUTES = 5;
const MINUTE_MS = 60_000;

interface Waiting {
  readonly step: CertifiedStep;
  readonly podId: string;
  readonly acceptance: string;
  readonly termsDigest: string;
}

/** The processor that certifies what changes, and takes up again what is open when it begins. */
export function createAgreementCertification(options: AgreementCertificationOptions): Processor {
  const { store, agreements, ledger, clock, timers, onError } = options;
  const { retryMinutes = RETRY_MINUTES } = options;
  const waiting = createWaitingList();
  let taken = BEFORE_FIRST;
  let isArmed = false;

  async function readOn(): Promise<void> {
    for await (const event of store.readAll({ after: taken, filter: { types: TYPES } })) {
      waiting.take(event as unknown as AgreementEvent & { readonly hash: string });
      taken = event.position;
    }
  }

  /** Steps of one kind, in the order of the log, as many as fit a transaction. */
  function nextBatch(): Waiting[] {
    const all = waiting.list();
    const other = all.findIndex(({ step }) => step !== all[0]!.step);
    return all.slice(0, Math.min(ledger.atOnce, other < 0 ? all.length : other));
  }

  async function certifyAll(): Promise<void> {
    await readOn();
    while (waiting.list().length > 0) {
      const batch = nextBatch();
      const { step } = batch[0]!;
      const transactions = await ledger.record(
        step,
        batch.map(({ termsDigest }) => termsDigest),
      );
      for (const { podId, acceptance, termsDigest } of batch) {
        const txHash = transactions.get(termsDigest)!;
        const name = `agreement/${podId}/${termsDigest}/${step}`;
        const context = contextOf(name, `agreement/${podId}`, 'platform:market');
        const certification = { podId, acceptance, termsDigest, txHash };
        const command = { kind: 'recordCertification', change: step, ...certification } as const;
        await agreements.handle(command, context);
      }
      await readOn();
    }
  }

  function arm(atMs: number): void {
    if (isArmed) return;
    isArmed = true;
    timers.at(atMs, 'market/certify-agreements', async () => {
      isArmed = false;
      try {
        await certifyAll();
      } catch (error) {
        onError(error);
        arm(clock.nowMs() + retryMinutes * MINUTE_MS);
      }
    });
  }

  return {
    name: 'market/agreements',
    types: ['AgreementAccepted', 'AgreementEnded'],
    handle: async () => arm(clock.nowMs()),
    async begin() {
      await readOn();
      if (waiting.list().length > 0) arm(clock.nowMs());
    },
  };
}

/** What the log has accepted or ended and the chain does not hold yet, in the order of the log. */
function createWaitingList() {
  const proposed = new Map<string, AgreementTerms>();
  const inForce = new Map<string, Omit<Waiting, 'step'>>();
  const steps = new Map<string, Waiting>();
  const wait = (step: CertifiedStep, agreement: Omit<Waiting, 'step'>): void =>
    void steps.set(`${step}/${agreement.termsDigest}`, { step, ...agreement });
  return {
    list: (): Waiting[] => [...steps.values()],
    take(event: AgreementEvent & { readonly hash: string }): void {
      const { podId } = event.data;
      switch (event.type) {
        case 'AgreementProposed':
          proposed.set(podId, event.data);
          return;
        case 'AgreementAccepted': {
          const terms = proposed.get(podId);
          if (!terms) return;
          const termsDigest = agreementDigest(terms, event.hash);
          const agreement = { podId, acceptance: event.hash, termsDigest };
          inForce.set(podId, agreement);
          return wait('certified', agreement);
        }
        case 'AgreementEnded': {
          const agreement = inForce.get(podId);
          inForce.delete(podId);
          return agreement && wait('ended', agreement);
        }
        case 'AgreementCertified':
          return void steps.delete(`certified/${event.data.termsDigest}`);
        case 'AgreementEndCertified':
          return void steps.delete(`ended/${event.data.termsDigest}`);
      }
    },
  };
}
