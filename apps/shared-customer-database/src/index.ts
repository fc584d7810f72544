export {
  type OpenedSharedCustomerDatabase,
  type SharedCustomerDatabaseOptions,
  openSharedCustomerDatabase,
  sharedCustomerDatabaseViews,
} from './open';
export { SHARED_CUSTOMER_DATABASE_POLICY, type SharedCustomerDatabasePolicy } from './policy';
export { type Register, createRegister } from './register/register';
