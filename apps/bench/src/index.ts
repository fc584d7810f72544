export { benchCommand } from './bench.command';

/** Clears one generated day-ahead session; loaded when it is called. */
export const clearGenerated = async (pods: number): Promise<{ readonly seconds: number }> =>
  (await import('./clearing/bench-clearing')).clearGenerated(pods);
