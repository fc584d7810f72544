/** What `apps/flexledger-e2e` opens and serves without the command line; nothing else may import it. */
export { auditCommand } from './commands/audit.command';
export { logCommand } from './commands/log.command';
export type { Config, PartialConfig } from './config/config';
export { runPlatform } from './serve/run-platform';
export { settingsOfEnvironment } from './config/environment';
export { configSchema, loadConfig } from './config/load-config';
export {
  type OrganisationsDay,
  simulateOrganisations,
} from './drive/organisations/simulate-organisations';
export { type Wire, layWire } from './drive/organisations/wire';
export { simulateDayApart } from './drive/simulate-apart';
export { LOG_ORIGIN } from './platform/data-folder';
export { brokerToken, openKeys } from './platform/keys';
export { writeTsoKnowledge } from './platform/market-knowledge';
export { type WholePlatform, openPlatform, openWholePlatform } from './platform/open-platform';
export { settleConsequences } from './platform/settle-consequences';
export { startServedLog, writersClock } from './serve/served-log';
export { type ServedPlatform, actorsOf, servePlatform } from './serve/serve-platform';
export { declareCosts, registerMarket } from '@flexledger/scenario';
export { type SimulatedDay, simulateDay, tsoKnowledgeOf } from './simulate/simulate-day';
