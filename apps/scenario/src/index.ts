export * from './natural-power';
export * from './rome';
export * from './scenario';
export { tightenLimits } from './tighten-limits';
