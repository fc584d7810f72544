import type { DocumentStore } from '@flexledger/projections';
import type { Accounts } from '../accounts/accounts';
import type { Credentials } from '../accounts/credentials';
import type { DemonstrationUser } from '../accounts/demonstration';
import type { Issuer } from '../issuer/issuer';
import type { Persons } from '../persons/persons';
import type { CredentialStore } from '../store/credential-store';

/** What the identity provider's HTTP interface stands on; `openIdentityProvider` makes it. */
export interface IdentityServices {
  readonly accounts: Accounts;
  readonly credentials: Credentials;
  readonly store: CredentialStore;
  readonly persons: Persons;
  readonly issuer: Issuer;
  /** The read models, as far as the log had come when the request came in. */
  readonly documents: DocumentStore;
  /** Who may sign in by a click; nobody where this is no demonstration. */
  readonly demonstrationUsers: () => readonly DemonstrationUser[];
}

/** Under which Nest finds the `IdentityServices`. */
export const IDENTITY = Symbol('identity services');
