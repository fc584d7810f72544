/** What `apps/flexledger-e2e` opens and serves without the command line; nothing else may import it. */
export { auditCommand } from './commands/audit.command';
export { DATASET_NAMES } from './commands/dataset-names';
export { kpisFrom } from './commands/kpis';
export { replayFrom } from './commands/replay';
export { PLATFORMS } from './config/config';
export { settingsOfEnvironment } from './config/environment';
export { configSchema, loadConfig } from './config/load-config';
export { writeDemoDay } from './field/demo-day';
export { type SimulatedField, startSimulatedField } from './field/simulated-field';
export { LOG_ORIGIN } from './platform/data-folder';
export { writeTsoKnowledge } from './platform/market-knowledge';
export { type WholePlatform, openPlatform, openWholePlatform } from './platform/open-platform';
export { settleConsequences } from './platform/settle-consequences';
export { openTokens } from './platform/platform-tokens';
export { actorsOf, servePlatform } from './serve/serve-platform';
export { declareCosts, registerMarket } from './simulate/register-market';
export { type SimulatedDay, simulateDay, tsoKnowledgeOf } from './simulate/simulate-day';
