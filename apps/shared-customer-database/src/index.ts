export * from './census/census';
export * from './setpoints/setpoint-desk';
export type { CustomerServices } from './edge/customer-services';
export { SharedCustomerDatabaseModule } from './shared-customer-database.module';
