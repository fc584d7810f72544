/**
 * Users of a demonstration: one of each kind of party, who sign in by a click and have no password, so
 * that nobody can sign in as them anywhere else. Only a process that serves this machine alone, a folder
 * whose market is made up, offers them; their rights are those of their roles, as of everybody.
 */
import type { UserRole } from '@flexledger/domain';
import { contextOf } from '@flexledger/event-store';
import type { Accounts } from './accounts';

/** Whose sides of the market are shown; each has to take part in it. */
export interface Demonstration {
  readonly aggregatorId: string;
  /** PoD of the customer. */
  readonly podId: string;
}

/** Somebody who may be signed in as by a click. */
export interface DemonstrationUser {
  readonly userId: string;
  readonly party: string;
  readonly roles: readonly UserRole[];
}

const ACTOR = 'platform:identity';

/** Makes the users that are not there yet; the same again changes nothing. */
export async function makeDemonstrationUsers(
  demonstration: Demonstration,
  accounts: Accounts,
): Promise<readonly DemonstrationUser[]> {
  const users = usersOf(demonstration);
  for (const { userId, party, roles } of users) {
    const context = (step: string) => contextOf(`identity/demo/${step}`, 'identity/demo', ACTOR);
    if ((await accounts.partyState(party)).status === 'none') {
      await accounts.party({ kind: 'registerParty', party, name: null }, context(`party/${party}`));
    }
    if ((await accounts.userState(userId)).status !== 'none') continue;
    await accounts.user({ kind: 'createUser', userId, party, roles }, context(`user/${userId}`));
  }
  return users;
}

function usersOf({ aggregatorId, podId }: Demonstration): readonly DemonstrationUser[] {
  return [
    { userId: 'demo.operator', party: 'operator', roles: ['market-administrator'] },
    { userId: 'demo.dso', party: 'dso', roles: ['dso'] },
    { userId: 'demo.tso', party: 'tso', roles: ['tso'] },
    {
      userId: `demo.${aggregatorId.toLowerCase()}`,
      party: `aggregator:${aggregatorId}`,
      roles: ['aggregator'],
    },
    { userId: 'demo.auditor', party: 'auditor', roles: ['market-authority'] },
    { userId: `demo.${podId.toLowerCase()}`, party: `customer:${podId}`, roles: ['customer'] },
  ];
}
