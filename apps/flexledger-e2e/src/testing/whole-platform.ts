/** A process of all platforms on a virtual clock, served over HTTP: what the tests of a served day stand on. */
import type { OperatingLimits } from '@flexledger/domain';
import type { Instance } from '@flexledger/platform-cli';
import type { FederatedIssuer } from '@flexledger/identity';
import type { VirtualClock } from '@flexledger/runtime';
import { type LoadedRulePack, openTokens } from '@flexledger/service-kit';
import {
  type PartialConfig,
  loadConfig,
  type WholePlatform,
  openWholePlatform,
  actorsOf,
  servePlatform,
} from '@flexledger/composer';

export interface ServedWhole {
  readonly platform: WholePlatform;
  readonly url: string;
  /** Ends serving, then closes the platform. */
  close(): Promise<void>;
}

/** Opens and serves it at any free ports. */
export async function serveWhole(options: {
  readonly dataDir: string;
  readonly clock: VirtualClock;
  readonly rules: LoadedRulePack;
  readonly grid: {
    readonly gridId: string;
    readonly model: object;
    readonly limits: OperatingLimits;
  };
  readonly seed?: number;
  readonly pods: number;
  /** Who can sign in beside the usual parties. */
  readonly actors?: readonly string[];
  /** Whose tokens are taken beside its own. */
  readonly issuers?: readonly FederatedIssuer[];
  /** Whose systems bring time series over its broker. */
  readonly seriesOf?: readonly string[];
  /** What is configured of its certifier. */
  readonly certifier?: PartialConfig['certifier'];
  /** What it says of itself, where it can be asked. */
  readonly instance?: Omit<Instance, 'url'>;
  readonly onProblem: (problem: string) => void;
}): Promise<ServedWhole> {
  const { dataDir, clock, rules, grid, seed, pods, onProblem } = options;
  const more = options.actors ?? [];
  const { issuers = [], certifier = {}, seriesOf: aggregators = [] } = options;
  const flags = {
    ...{ dataDir, http: { port: 0 }, mqtt: { port: 0, aggregators } },
    ...{ identity: { issuers }, certifier },
  };
  const config = loadConfig({ flags });
  const tokens = await openTokens(dataDir);
  const platform = await openWholePlatform({
    config,
    clock,
    timers: clock,
    rules,
    grid,
    ...(seed === undefined ? {} : { seed }),
    mode: 'drain',
    expectedNodes: pods,
    tokenOf: tokens.tokenOf,
    onProblem,
  });
  const { timeZone } = rules.rulePack;
  const actors = [...new Set([...(await actorsOf(config)), ...more])];
  const serving = { platform, config, tokens, timeZone, clock, actors, onProblem };
  const { instance } = options;
  const served = await servePlatform({ ...serving, ...(instance && { instance }) });
  return {
    platform,
    url: served.url,
    async close() {
      await served.close();
      await platform.close();
    },
  };
}
