export * from './sessions/market-sessions';
export * from './sessions/session-calendar';
export * from './clearing/clear-session';
export * from './clearing/clearing-process';
export * from './clearing/session-input';
export * from './settlement/compute-settlement';
export * from './settlement/settlement-process';
export type { MarketServices, TokenBalances } from './edge/market-services';
export { MarketPlatformModule } from './market-platform.module';
