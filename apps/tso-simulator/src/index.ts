export { type TsoOptions, openTsoSimulator } from './open';
export { TSO_POLICY, type TsoPolicy } from './policy';
export type { TsoNeed } from './requests/tso-requests';
