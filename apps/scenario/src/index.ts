export * from './natural-power';
export {
  type MeterDriverOf,
  type RegisteringMarket,
  declareCosts,
  registerMarket,
} from './register-market';
export * from './scenario';
export { drawCongestedScenario, tightenLimits, tsoNeedsOf } from './tighten-limits';
