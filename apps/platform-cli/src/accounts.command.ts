import { Command } from 'commander';
import { examples } from '@flexledger/command-line';
import type { AccountFlags } from './accounts';
import { ofPlatform } from './platform-flags';

type Accounts = typeof import('./accounts');
const accounts = (): Promise<Accounts> => import('./accounts');
const several = (value: string, before: readonly string[] = []): string[] => [...before, value];

/** `disable` and `enable`, alike for parties, users and clients. */
function addSwitches(group: Command, kind: 'parties' | 'users' | 'clients', name: string): Command {
  ofPlatform(group.command('disable').argument(`<${name}>`))
    .description('let nobody sign in by it')
    .requiredOption('--reason <words>', 'why')
    .action(async (id: string, flags: AccountFlags & { readonly reason: string }) =>
      (await accounts()).changeStatus(
        kind,
        id,
        { status: 'disabled', reason: flags.reason },
        flags,
      ),
    );
  ofPlatform(group.command('enable').argument(`<${name}>`))
    .description('let it sign in again')
    .action(async (id: string, flags: AccountFlags) =>
      (await accounts()).changeStatus(kind, id, { status: 'enabled' }, flags),
    );
  return group;
}

function addList(group: Command, kind: 'parties' | 'users' | 'clients'): void {
  const list = ofPlatform(group.command('list')).description('list them');
  if (kind !== 'parties') list.option('--party <party>', 'only those of a party');
  list.action(async (flags: AccountFlags & { readonly party?: string }) =>
    (await accounts()).listAccounts(kind, flags),
  );
}

/** `flexledger party`: the stakeholders of a running market. */
export function partyCommand(): Command {
  const group = new Command('party')
    .description('register, list, disable and enable parties')
    .addHelpText(
      'after',
      examples(
        'flexledger party add aggregator:ALFA --name "Alfa Energia"',
        'flexledger party disable aggregator:ALFA --reason "contract ended"',
      ),
    );
  ofPlatform(group.command('add').argument('<party>'))
    .description('register dso, tso, operator, auditor, aggregator:ID or customer:POD')
    .option('--name <name>', 'of the organisation; none for a customer')
    .action(async (party: string, flags: AccountFlags & { readonly name?: string }) =>
      (await accounts()).addParty(party, flags),
    );
  addList(group, 'parties');
  return addSwitches(group, 'parties', 'party');
}

/** `flexledger user`: people who sign in. */
export function userCommand(): Command {
  const group = new Command('user')
    .description('create, list and change users')
    .addHelpText(
      'after',
      examples('flexledger user add alfa.desk --party aggregator:ALFA --role ap-operator'),
    );
  ofPlatform(group.command('add').argument('<user>'))
    .description('create a user of a party; the password is shown once')
    .requiredOption('--party <party>', 'whom the user speaks for')
    .requiredOption('--role <role>', 'what the user may do; several times for several', several)
    .action(async (user: string, flags: AccountFlags & { party: string; role: string[] }) =>
      (await accounts()).addUser(user, flags),
    );
  addList(group, 'users');
  ofPlatform(group.command('roles').argument('<user>'))
    .description('change what a user may do')
    .requiredOption('--role <role>', 'several times for several', several)
    .action(async (user: string, flags: AccountFlags & { role: string[] }) =>
      (await accounts()).changeRoles(user, flags),
    );
  ofPlatform(group.command('set-password').argument('<user>'))
    .description('give a user another password, which is shown once')
    .action(async (user: string, flags: AccountFlags) =>
      (await accounts()).setPassword(user, flags),
    );
  return addSwitches(group, 'users', 'user');
}

/** `flexledger client`: programs that ask for tokens. */
export function clientCommand(): Command {
  const group = new Command('client')
    .description('register, list, disable and rotate API clients')
    .addHelpText(
      'after',
      examples(
        'flexledger client add alfa --party aggregator:ALFA',
        'flexledger client rotate alfa',
      ),
    );
  ofPlatform(group.command('add').argument('<client>'))
    .description('register a client; the secret is shown once')
    .option('--party <party>', 'whom it speaks for; none for an app in which people sign in')
    .option('--scope <scope>', 'several times for several; all of the party without it', several)
    .option('--redirect <address>', 'where an app gets its users back', several)
    .action(
      async (
        client: string,
        flags: AccountFlags & { party?: string; scope?: string[]; redirect?: string[] },
      ) => (await accounts()).addClient(client, flags),
    );
  addList(group, 'clients');
  ofPlatform(group.command('rotate').argument('<client>'))
    .description('give a client another secret, which is shown once')
    .action(async (client: string, flags: AccountFlags) =>
      (await accounts()).rotateSecret(client, flags),
    );
  return addSwitches(group, 'clients', 'client');
}

/** `flexledger login`: sign in at a running platform, by a browser. */
export function loginCommand(): Command {
  return new Command('login')
    .description(
      'sign in at a running platform by a code and a browser, for the commands that ask it',
    )
    .option('--url <address>', 'address of the identity provider', 'http://127.0.0.1:8080')
    .option('--json', 'say on one line of JSON that it is done', false)
    .addHelpText('after', examples('flexledger login --url http://127.0.0.1:8080'))
    .action(async ({ url, json }: { readonly url: string; readonly json: boolean }) =>
      (await import('./login')).login(url, json),
    );
}
