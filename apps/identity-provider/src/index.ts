export {
  type IdentityProviderOptions,
  type OpenedIdentityProvider,
  identityViews,
  openIdentityProvider,
} from './open';
export { type FirstAccounts, TERMINAL_CLIENT } from './accounts/first-accounts';
export { IDENTITY_POLICY, type IdentityPolicy } from './policy';
