import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { localTimeMs } from '@flexledger/domain';
import type { FederatedIssuer } from '@flexledger/identity';
import { VirtualClock } from '@flexledger/runtime';
import { loadConfig, settleConsequences, type WholePlatform } from '@flexledger/composer';
import {
  clientIdOf,
  loadRulePack,
  publishedGridOf,
  readClientSecret,
} from '@flexledger/service-kit';
import { type Calls, callsOf } from './http-client';
import { serveWhole } from './whole-platform';

/** What `up` serves on an empty folder, on a clock that a test drives. */
export interface EmptyMarket {
  readonly url: string;
  readonly dataDir: string;
  readonly platform: WholePlatform;
  readonly clock: VirtualClock;
  /** The operator, by the client that `up` makes and announces. */
  readonly administrator: Calls;
  /** Lets time go on to a local time of the day, with all that follows from it. */
  until(time: string): Promise<void>;
  /** Ends serving; the folder stays. */
  close(): Promise<void>;
  /** Closes it where it is open, and removes the folder. */
  remove(): Promise<void>;
}

/** The day on which it is opened, and its local time then. */
export const TODAY = '2026-03-16';
export const OPENED_AT = '08:30';

/**
 * Opens one: no party but those of `up`, no PoD, no node; the calendar runs as in `up`.
 *
 * @param issuers whose tokens are taken beside its own
 */
export async function openEmptyMarket(
  nodes: number,
  issuers: readonly FederatedIssuer[] = [],
): Promise<EmptyMarket> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'flexledger-empty-'));
  const rules = loadRulePack('platone');
  const { timeZone } = rules.rulePack;
  const clock = new VirtualClock(localTimeMs(TODAY, 0, OPENED_AT, timeZone));
  const problems: string[] = [];
  const { dso } = loadConfig({});
  const served = await serveWhole({
    dataDir,
    clock,
    rules,
    grid: publishedGridOf(dso.grid, rules.rulePack),
    pods: nodes,
    issuers,
    onProblem: (problem) => void problems.push(problem),
  });
  const { platform, url } = served;
  const settle = (): Promise<void> => settleConsequences(platform);
  await platform.market.calendar.run();
  await settle();
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= served.close());
  const clientId = clientIdOf('operator');
  return {
    url,
    dataDir,
    platform,
    clock,
    administrator: callsOf(url, clientId, readClientSecret(dataDir, clientId)),
    until: (time) => clock.advanceTo(localTimeMs(TODAY, 0, time, timeZone), settle),
    close,
    async remove() {
      await close();
      rmSync(dataDir, { recursive: true });
      expect(problems).toEqual([]);
    },
  };
}
