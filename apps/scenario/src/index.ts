export * from './natural-power';
export {
  type MeterDriverOf,
  type RegisteringPlatforms,
  declareCosts,
  registerMarket,
} from './register-market';
export * from './rome';
export * from './scenario';
export { congested, tightenLimits, tsoNeedsOf } from './tighten-limits';
