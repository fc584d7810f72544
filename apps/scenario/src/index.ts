export * from './natural-power';
export * from './scenario';
export { tightenLimits } from './tighten-limits';
