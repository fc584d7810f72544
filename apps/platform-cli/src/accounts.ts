/** Parties, users and clients of a running platform, by its REST interface. */
import { print, printJson, answered, everyPage } from '@flexledger/command-line';
import { table } from '@flexledger/terminal';
import type { ApiClient, Schemas } from '@flexledger/api-client';
import { type PlatformFlags, clientOf } from './ask-platform';

/** Flags of every one of these commands. */
export interface AccountFlags extends PlatformFlags {
  readonly json: boolean;
}

type Kind = 'parties' | 'users' | 'clients';

type Account = Schemas['PartyDocument'] | Schemas['UserDocument'] | Schemas['ClientDocument'];

/** Prints all of them. */
export async function listAccounts(
  kind: Kind,
  flags: AccountFlags & { readonly party?: string },
): Promise<void> {
  const client = clientOf(flags);
  const party = flags.party === undefined ? {} : { party: flags.party };
  const items = await everyPage<Account>((cursor) => {
    const params = { query: { limit: 1_000, ...party, ...cursor } };
    switch (kind) {
      case 'parties':
        return answered(client.GET('/api/v1/parties', { params }));
      case 'users':
        return answered(client.GET('/api/v1/users', { params }));
      case 'clients':
        return answered(client.GET('/api/v1/clients', { params }));
    }
  });
  if (flags.json) printJson({ items });
  else print(table(items.map(rowOf), HEADS[kind]));
}

const HEADS: Record<Kind, string[]> = {
  parties: ['party', 'name', 'status'],
  users: ['user', 'party', 'roles', 'status'],
  clients: ['client', 'party', 'scopes', 'status'],
};

function rowOf(account: Account): string[] {
  const { disabledBecause: because } = account;
  const status = because === null ? account.status : `${account.status}: ${because}`;
  if ('userId' in account) return [account.userId, account.party, account.roles.join(', '), status];
  if ('clientId' in account) {
    const { clientId, party, scopes } = account;
    return [clientId, party ?? 'who signs in', String(scopes.length), status];
  }
  return [account.party, account.name ?? '', status];
}

/** Registers a party. */
export async function addParty(
  party: string,
  flags: AccountFlags & { readonly name?: string },
): Promise<void> {
  const body = { party, ...(flags.name === undefined ? {} : { name: flags.name }) };
  const answer = await answered(clientOf(flags).POST('/api/v1/parties', { body }));
  const words = answer.changed ? 'is registered' : 'was registered already';
  tellDone(flags, answer, `${party} ${words}`);
}

/** Creates a user. */
export async function addUser(
  userId: string,
  flags: AccountFlags & { readonly party: string; readonly role: readonly string[] },
): Promise<void> {
  const body = { userId, party: flags.party, roles: rolesOf(flags) };
  const answer = await answered(clientOf(flags).POST('/api/v1/users', { body }));
  const { password } = answer;
  tellDone(flags, answer, `${userId} of ${flags.party} signs in with ${password}, shown this once`);
}

/** Changes a user's roles. */
export async function changeRoles(
  userId: string,
  flags: AccountFlags & { readonly role: readonly string[] },
): Promise<void> {
  const roles = rolesOf(flags);
  const params = { path: { userId } };
  const call = clientOf(flags).PUT('/api/v1/users/{userId}/roles', { params, body: { roles } });
  const answer = await answered(call);
  tellDone(flags, answer, `${userId} is ${roles.join(', ')}; its sign-ins have ended`);
}

/** Gives a user another password. */
export async function setPassword(userId: string, flags: AccountFlags): Promise<void> {
  const params = { path: { userId } };
  const call = clientOf(flags).PUT('/api/v1/users/{userId}/password', { params, body: {} });
  const answer = await answered(call);
  tellDone(flags, answer, `${userId} signs in with ${answer.password}, shown this once`);
}

/** Registers a client. */
export async function addClient(
  clientId: string,
  flags: AccountFlags & {
    readonly party?: string;
    readonly scope?: readonly string[];
    readonly redirect?: readonly string[];
  },
): Promise<void> {
  const { party, scope, redirect } = flags;
  const body = {
    clientId,
    ...(party === undefined ? {} : { party }),
    // The platform says which there are.
    ...(scope === undefined ? {} : { scopes: [...scope] as Schemas['ClientDto']['scopes'] & {} }),
    ...(redirect === undefined ? {} : { redirectUris: [...redirect] }),
  };
  tellSecret(await answered(clientOf(flags).POST('/api/v1/clients', { body })), flags);
}

/** Gives a client another secret. */
export async function rotateSecret(clientId: string, flags: AccountFlags): Promise<void> {
  const params = { path: { clientId } };
  const call = clientOf(flags).POST('/api/v1/clients/{clientId}/secret', { params });
  tellSecret(await answered(call), flags);
}

/** Disables one or enables it again. */
export async function changeStatus(
  kind: Kind,
  id: string,
  status: { readonly status: 'enabled' | 'disabled'; readonly reason?: string },
  flags: AccountFlags,
): Promise<void> {
  const client = clientOf(flags);
  const answer = await switched(client, kind, id, status);
  tellDone(flags, answer, `${id} is ${status.status}`);
}

function switched(
  client: ApiClient,
  kind: Kind,
  id: string,
  body: Schemas['StatusDto'],
): Promise<object> {
  switch (kind) {
    case 'parties': {
      const params = { path: { party: id } };
      return answered(client.PUT('/api/v1/parties/{party}/status', { params, body }));
    }
    case 'users': {
      const params = { path: { userId: id } };
      return answered(client.PUT('/api/v1/users/{userId}/status', { params, body }));
    }
    case 'clients': {
      const params = { path: { clientId: id } };
      return answered(client.PUT('/api/v1/clients/{clientId}/status', { params, body }));
    }
  }
}

/** The platform says which roles there are. */
function rolesOf({ role }: { readonly role: readonly string[] }): Schemas['RolesDto']['roles'] {
  return [...role] as Schemas['RolesDto']['roles'];
}

function tellSecret(answer: Schemas['ToldSecret'], flags: AccountFlags): void {
  const { clientId, secret } = answer;
  const words =
    secret === null ? 'has no secret: people sign in' : `has the secret ${secret}, shown this once`;
  tellDone(flags, answer, `${clientId} ${words}`);
}

function tellDone({ json }: AccountFlags, answer: object, words: string): void {
  if (json) printJson(answer);
  else print(words);
}
