/** The identity provider alone, in real time: a process of one platform, which needs neither chain nor broker. */
import {
  type PartialConfig,
  type ServedPlatform,
  loadConfig,
  runPlatform,
} from '@flexledger/composer';

/** Runs it until `stop` aborts, at any free port. */
export function runIdentityProvider(
  dataDir: string,
  stop: AbortSignal,
  onReady: (served: ServedPlatform) => void,
  flags: PartialConfig = {},
): Promise<void> {
  const own = { dataDir, instance: 'one', platforms: ['identity-provider'] } as const;
  const config = loadConfig({ flags: { http: { port: 0 }, ...own, ...flags } });
  return runPlatform(
    {
      config,
      onProblem: (problem) => {
        throw new Error(problem);
      },
      onNews: () => {},
      onReady: (_, served) => onReady(served),
    },
    stop,
  );
}

/** Served until it is ended. */
export async function serveIdentityProvider(
  dataDir: string,
): Promise<{ readonly url: string; end(): Promise<void> }> {
  const stop = new AbortController();
  let running: Promise<void> | undefined;
  const { url } = await new Promise<ServedPlatform>((resolve, reject) => {
    running = runIdentityProvider(dataDir, stop.signal, resolve);
    running.catch(reject);
  });
  return {
    url,
    async end() {
      stop.abort();
      await running;
    },
  };
}
