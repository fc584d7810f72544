/**
 * Records of persons (D3.3 A.5.1): the log has them sealed, the credential store has each one's key. To
 * erase a person is to destroy the key; the event that says so comes after it, so that a crash between
 * the two leaves nothing readable and the erasure is only said later.
 */
import { createHmac } from 'node:crypto';
import { type PersonEvent, erasedPerson, unknownPerson } from '@flexledger/domain';
import { type CommandContext, type CommandResult, contextOf } from '@flexledger/event-store';
import {
  type DocumentStore,
  type PersonDocument,
  allOf,
  getOne,
  personsView,
} from '@flexledger/projections';
import { type Clock, type Timers, isoFromMs, messageOf } from '@flexledger/runtime';
import type { Accounts } from '../accounts/accounts';
import type { IdentityPolicy } from '../policy';
import type { CredentialStore } from '../store/credential-store';
import { type PersonFields, newPersonKey, seal, unseal } from './seal';

/** A record as it is read. */
export interface PersonRecord {
  readonly personId: string;
  readonly holder: string;
  readonly status: 'recorded' | 'erased';
  readonly keptUntil: string;
  /** Null once erased. */
  readonly fields: PersonFields | null;
}

export interface Persons {
  record(
    person: { readonly personId: string; readonly holder: string; readonly fields: PersonFields },
    context: CommandContext,
  ): Promise<CommandResult<PersonEvent>>;
  /** Tells equal fields from others, and nothing to who does not have the store. */
  markOf(fields: PersonFields): string;
  /** @throws DomainError `person-unknown` */
  read(personId: string): Promise<PersonRecord>;
  /** For good. @throws DomainError `person-unknown` */
  erase(personId: string, reason: string, context: CommandContext): Promise<void>;
  /** Erases the records whose time is over, soon and from then on; the function ends it. */
  keepRetention(timers: Timers, onProblem: (problem: string) => void): () => void;
}

const DAY_MS = 86_400_000;
const dayOf = (ms: number): string => isoFromMs(ms).slice(0, 'yyyy-mm-dd'.length);

export function createPersons(options: {
  readonly accounts: Accounts;
  readonly store: CredentialStore;
  readonly documents: DocumentStore;
  readonly caughtUp: () => Promise<void>;
  readonly clock: Clock;
  readonly policy: IdentityPolicy;
}): Persons {
  const { accounts, store, documents, caughtUp, clock, policy } = options;

  async function erase(personId: string, reason: string, context: CommandContext): Promise<void> {
    if ((await accounts.personState(personId)).status === 'none') throw unknownPerson(personId);
    store.destroyPersonKey(personId);
    await accounts.person({ kind: 'erasePerson', personId, reason }, context);
  }

  async function eraseOverdue(): Promise<void> {
    await caughtUp();
    const today = dayOf(clock.nowMs());
    const where = { status: 'recorded', keptUntil: { below: today } } as const;
    // All of them before the first is erased: the pages go by what is recorded.
    const overdue = await allOf((page) => documents.find(personsView, { where, ...page }));
    for (const { personId } of overdue) {
      // It may have been recorded anew, or erased, since it was listed.
      const state = await accounts.personState(personId);
      if (state.status !== 'recorded' || state.keptUntil >= today) continue;
      const name = `identity/retention/${personId}`;
      await erase(personId, 'kept as long as retention says', contextOf(name, name, ACTOR));
    }
  }

  return {
    markOf: (fields) =>
      createHmac('sha256', store.shared('personMarkKey', newPersonKey))
        .update(JSON.stringify(fields))
        .digest('hex'),
    async record({ personId, holder, fields }, context) {
      const key = store.makePersonKey(personId, newPersonKey);
      if (key === undefined) throw erasedPerson(personId);
      const keptUntil = dayOf(clock.nowMs() + policy.personRetentionDays * DAY_MS);
      const sealed = seal(fields, personId, key);
      return accounts.person(
        { kind: 'recordPerson', personId, holder, sealed, keptUntil },
        context,
      );
    },
    async read(personId) {
      const found = await getOne(documents, personsView, personId);
      if (!found) throw unknownPerson(personId);
      return recordOf(found, store.personKey(personId));
    },
    erase,
    keepRetention(timers, onProblem) {
      let ended = false;
      let cancel = timers.at(clock.nowMs() + FIRST_LOOK_MS, RETENTION, look);
      async function look(): Promise<void> {
        try {
          await eraseOverdue();
        } catch (error) {
          onProblem(`retention of persons: ${messageOf(error)}; it is looked at again later.`);
        }
        if (!ended) cancel = timers.at(clock.nowMs() + policy.retentionEveryMs, RETENTION, look);
      }
      return () => {
        ended = true;
        cancel();
      };
    },
  };
}

/** Not at once: whoever folds the views has just begun, too. */
const FIRST_LOOK_MS = 60_000;
const RETENTION = 'retention of persons';
const ACTOR = 'platform:identity';

function recordOf(
  { personId, holder, status, keptUntil, sealed }: PersonDocument,
  key: string | undefined,
): PersonRecord {
  if (key === undefined || sealed === null) {
    return { personId, holder, status: 'erased', keptUntil, fields: null };
  }
  return { personId, holder, status, keptUntil, fields: unseal(sealed, personId, key) };
}
