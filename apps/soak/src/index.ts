import type { OneWorldFlags } from './soak';

export { soakCommand } from './soak.command';
export type { OneWorldFlags };

/** Lives through the world of one seed; its code is loaded with the first. */
export async function simulateWithFaults(flags: OneWorldFlags): Promise<void> {
  return (await import('./soak')).simulateWithFaults(flags);
}
