/** Commands that ask a running platform, or are a Light Node. Their code is loaded when they run. */
export { clientCommand, loginCommand, partyCommand, userCommand } from './accounts.command';
export {
  type Instance,
  type InstanceFile,
  leaveInstanceFile,
  runningInstances,
} from './instance-file';
export type { InstanceStatus } from './status';
export { nodeCommand } from './node.command';
export { statusCommand } from './status.command';
/** What the commands are made of, for whoever asks as they do. */
export const asking = {
  platform: () => import('./ask-platform'),
  signIn: () => import('./login'),
  status: () => import('./status'),
};
