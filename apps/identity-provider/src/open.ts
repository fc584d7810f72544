/**
 * The identity provider opens itself: the market's parties, users and clients, and the issuer of tokens,
 * over a log, its views and a store of credentials that is not part of the log.
 */
import type { EventStore } from '@flexledger/event-store';
import type { TokenKey } from '@flexledger/identity';
import { type AnyView, type Views, accountViews } from '@flexledger/projections';
import type { Clock, Timers } from '@flexledger/runtime';
import type { OpenedPlatform } from '@flexledger/service-kit';
import { createAccounts } from './accounts/accounts';
import { createCredentials } from './accounts/credentials';
import {
  type Demonstration,
  type DemonstrationUser,
  makeDemonstrationUsers,
} from './accounts/demonstration';
import { type FirstAccounts, makeFirstAccounts } from './accounts/first-accounts';
import { IdentityProviderModule } from './identity-provider.module';
import { createIssuer } from './issuer/issuer';
import { createPersons } from './persons/persons';
import type { IdentityPolicy } from './policy';
import { openCredentialStore } from './store/credential-store';

export interface IdentityProviderOptions {
  readonly log: EventStore;
  /** Fold `identityViews` at least. */
  readonly views: Views;
  /** The market's clock: events and retention go by it. */
  readonly clock: Clock;
  readonly timers: Timers;
  /** The machine's clock: secrets, sign-ins and tokens go by it. */
  readonly machineClock: Clock;
  /** The data folder that the operator's processes share. */
  readonly dataDir: string;
  /** The file of credentials. */
  readonly credentialsFile: string;
  /** By which all the operator's processes verify. */
  readonly tokenKey: () => Promise<TokenKey>;
  /** `aud` of access tokens. */
  readonly audience: string;
  readonly policy: IdentityPolicy;
  readonly onProblem: (problem: string) => void;
}

export interface OpenedIdentityProvider extends OpenedPlatform {
  /**
   * Makes whom there has to be before anybody can sign in, and looks after retention from then on. A
   * simulated day, which serves nobody, leaves it out.
   *
   * @param actors parties that get a client when they have none
   * @param demonstration whose sides can be looked at without a password; absent everywhere but where a
   *   made-up market is served to this machine alone
   */
  begin(actors: readonly string[], demonstration?: Demonstration): Promise<FirstAccounts>;
  /** Whom one may look at a demonstration as, once it has begun; none elsewhere. */
  demonstrationUsers(): readonly DemonstrationUser[];
  /** Says at which address it is served, before the first token is asked for. */
  servedAt(url: string, behindProxy: boolean): void;
}

/** The views that its routes read. */
export const identityViews: readonly AnyView[] = accountViews;

/** @throws CredentialsUnusable */
export async function openIdentityProvider(
  options: IdentityProviderOptions,
): Promise<OpenedIdentityProvider> {
  const { log, views, clock, timers, dataDir, policy, onProblem } = options;
  const { machineClock, audience } = options;
  const store = openCredentialStore(options.credentialsFile, machineClock);
  const accounts = createAccounts({ store: log, clock });
  const credentials = createCredentials(store, policy);
  const { documents } = views;
  const caughtUp = () => views.caughtUp();
  const persons = createPersons({ accounts, store, documents, caughtUp, clock, policy });
  const issuer = createIssuer({
    accounts,
    credentials,
    store,
    tokenKey: options.tokenKey,
    audience,
    policy,
    onProblem,
  });
  let endRetention = (): void => {};
  let demonstrationUsers: readonly DemonstrationUser[] = [];
  return {
    http: IdentityProviderModule.register({
      accounts,
      credentials,
      store,
      persons,
      issuer,
      documents,
      demonstrationUsers: () => demonstrationUsers,
    }),
    processors: [],
    demonstrationUsers: () => demonstrationUsers,
    async begin(actors, demonstration) {
      const made = await makeFirstAccounts({ dataDir, actors, accounts, credentials, store });
      if (demonstration) {
        demonstrationUsers = await makeDemonstrationUsers(demonstration, accounts);
      }
      endRetention = persons.keepRetention(timers, onProblem);
      return made;
    },
    servedAt: (url, behindProxy) => issuer.servedAt(url, behindProxy),
    async close() {
      endRetention();
      store.close();
    },
  };
}
