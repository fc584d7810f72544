export * from './open';
export * from './policy';
export { marketViews } from './market-views';
export type { SessionCalendar } from './sessions/session-calendar';
export { adoptRulePack } from './sessions/rule-packs';
export { kpiReport } from './kpis/kpi-report';
export type { Agreements } from './agreements/agreements';
export {
  type AgreementLedger,
  type CertifiedStep,
  agreementLedger,
} from './agreements/agreement-ledger';
export {
  type Sending,
  type TokenBalances,
  type TokenLedger,
  tokenLedger,
} from './wallets/token-ledger';
export * from './clearing/clear-session';
