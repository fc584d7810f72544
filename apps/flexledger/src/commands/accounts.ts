/** Parties, users and clients of a running platform, by its REST interface. */
import { print, printJson } from '@flexledger/command-line';
import { table } from '@flexledger/terminal';
import { askPlatform } from './ask-platform';

/** Flags of every one of these commands. */
export interface AccountFlags {
  readonly url: string;
  readonly data: string;
  readonly json: boolean;
}

type Kind = 'parties' | 'users' | 'clients';

/** An account as a list shows it. */
interface Listed {
  readonly party: string | null;
  readonly name?: string | null;
  readonly userId?: string;
  readonly clientId?: string;
  readonly roles?: readonly string[];
  readonly scopes?: readonly string[];
  readonly status: string;
  readonly disabledBecause: string | null;
}

/** Prints all of them. */
export async function listAccounts(
  kind: Kind,
  flags: AccountFlags & { readonly party?: string },
): Promise<void> {
  const items: Listed[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({
      limit: '1000',
      ...(flags.party === undefined ? {} : { party: flags.party }),
      ...(cursor === null ? {} : { cursor }),
    });
    const page = (await askPlatform(flags, 'GET', `/api/v1/${kind}?${query.toString()}`)) as {
      items: Listed[];
      next: string | null;
    };
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  if (flags.json) printJson({ items });
  else
    print(
      table(
        items.map((item) => rowOf(kind, item)),
        HEADS[kind],
      ),
    );
}

const HEADS: Record<Kind, string[]> = {
  parties: ['party', 'name', 'status'],
  users: ['user', 'party', 'roles', 'status'],
  clients: ['client', 'party', 'scopes', 'status'],
};

function rowOf(kind: Kind, item: Listed): string[] {
  const status =
    item.disabledBecause === null ? item.status : `${item.status}: ${item.disabledBecause}`;
  const party = item.party ?? 'who signs in';
  if (kind === 'parties') return [party, item.name ?? '', status];
  if (kind === 'users') return [item.userId!, party, item.roles!.join(', '), status];
  return [item.clientId!, party, String(item.scopes!.length), status];
}

/** Registers a party. */
export async function addParty(
  party: string,
  flags: AccountFlags & { readonly name?: string },
): Promise<void> {
  const body = { party, ...(flags.name === undefined ? {} : { name: flags.name }) };
  const answer = await askPlatform(flags, 'POST', '/api/v1/parties', body);
  const words = (answer as { changed: boolean }).changed
    ? 'is registered'
    : 'was registered already';
  tellDone(flags, answer, `${party} ${words}`);
}

/** Creates a user. */
export async function addUser(
  userId: string,
  flags: AccountFlags & { readonly party: string; readonly role: readonly string[] },
): Promise<void> {
  const body = { userId, party: flags.party, roles: flags.role };
  const answer = await askPlatform(flags, 'POST', '/api/v1/users', body);
  const { password } = answer as { password: string };
  tellDone(flags, answer, `${userId} of ${flags.party} signs in with ${password}, shown this once`);
}

/** Changes a user's roles. */
export async function changeRoles(
  userId: string,
  flags: AccountFlags & { readonly role: readonly string[] },
): Promise<void> {
  const roles = flags.role;
  const answer = await askPlatform(flags, 'PUT', `/api/v1/users/${at(userId)}/roles`, { roles });
  tellDone(flags, answer, `${userId} is ${roles.join(', ')}; its sign-ins have ended`);
}

/** Gives a user another password. */
export async function setPassword(userId: string, flags: AccountFlags): Promise<void> {
  const answer = await askPlatform(flags, 'PUT', `/api/v1/users/${at(userId)}/password`, {});
  const { password } = answer as { password: string };
  tellDone(flags, answer, `${userId} signs in with ${password}, shown this once`);
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
  const answer = await askPlatform(flags, 'POST', '/api/v1/clients', {
    clientId,
    ...(party === undefined ? {} : { party }),
    ...(scope === undefined ? {} : { scopes: scope }),
    ...(redirect === undefined ? {} : { redirectUris: redirect }),
  });
  tellSecret(clientId, answer, flags);
}

/** Gives a client another secret. */
export async function rotateSecret(clientId: string, flags: AccountFlags): Promise<void> {
  const answer = await askPlatform(flags, 'POST', `/api/v1/clients/${at(clientId)}/secret`, {});
  tellSecret(clientId, answer, flags);
}

/** Disables one or enables it again. */
export async function changeStatus(
  kind: Kind,
  id: string,
  status: { readonly status: 'enabled' | 'disabled'; readonly reason?: string },
  flags: AccountFlags,
): Promise<void> {
  const answer = await askPlatform(flags, 'PUT', `/api/v1/${kind}/${at(id)}/status`, status);
  tellDone(flags, answer, `${id} is ${status.status}`);
}

function tellSecret(clientId: string, answer: unknown, flags: AccountFlags): void {
  const { secret } = answer as { secret: string | null };
  const words =
    secret === null ? 'has no secret: people sign in' : `has the secret ${secret}, shown this once`;
  tellDone(flags, answer, `${clientId} ${words}`);
}

function tellDone({ json }: AccountFlags, answer: unknown, words: string): void {
  if (json) printJson(answer as object);
  else print(words);
}

const at = (id: string): string => encodeURIComponent(id);
