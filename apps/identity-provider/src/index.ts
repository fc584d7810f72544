export { type OpenedIdentityProvider, identityViews, openIdentityProvider } from './open';
export type { Demonstration } from './accounts/demonstration';
export { type FirstAccounts, TERMINAL_CLIENT } from './accounts/first-accounts';
export { IDENTITY_POLICY } from './policy';
