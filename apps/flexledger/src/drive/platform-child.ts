/** A platform's process as the driver of a day on one log holds it. */
import path from 'node:path';
import type { PlatformName } from '../config/config';
import { type DrivenProcess, startDrivenProcess } from './driven-process';
import type { DriveRequest, DriveState, OpenRequest } from './messages';

export interface PlatformChild extends DrivenProcess<DriveRequest, DriveState> {
  readonly name: PlatformName;
  /** As the last answer said; nothing before the first. */
  state(): DriveState;
}

/**
 * Starts one.
 *
 * @param open how it is opened now; asked again for every new life, since time goes on
 */
export function startPlatformChild(
  name: PlatformName,
  open: () => OpenRequest,
  onProblem: (problem: string) => void,
): PlatformChild {
  let last: DriveState = { next: null, head: -1, used: { cpuUs: 0, rssBytes: 0 } };
  const child = startDrivenProcess<DriveRequest, DriveState>({
    name,
    file: path.join(__dirname, 'platform-process.js'),
    open,
    closing: { kind: 'close' },
    onProblem,
  });
  return {
    ...child,
    name,
    state: () => last,
    ask: async (message) => (last = await child.ask(message)),
  };
}
