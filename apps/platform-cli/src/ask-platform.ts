/**
 * The one way in which commands speak to a running platform: the typed client of its REST interface, with
 * an end to waiting and refusals as errors that name the remedy.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type ApiClient, apiClient } from '@flexledger/api-client';
import { UsageError } from '@flexledger/command-line';
import { messageOf } from '@flexledger/runtime';
import { openTokens } from '@flexledger/service-kit';
import { logFile } from '@flexledger/event-store';
import { runningInstances } from './instance-file';
import { fetchInTime, originOf } from './reach-platform';
import { tokenOfSignIn } from './sign-ins';

/** Where the platform is, and who speaks. */
export interface PlatformFlags {
  /** Absent: where the data folder's platform answers. */
  readonly url?: string;
  /** Its data folder. */
  readonly data: string;
  /** A party for which the folder's own key speaks, whoever has signed in: `operator`, `aggregator:AGG1`. */
  readonly as?: string;
}

/**
 * A client that speaks for the person who has signed in at the platform (`flexledger login`); where nobody
 * has, or a party is named, for that party, else the operator, by the key of the data folder.
 *
 * Its calls throw SignInFailed when there is a sign-in that does not serve: nobody else speaks in its
 * place.
 */
export function clientOf(flags: PlatformFlags): ApiClient {
  let token: Promise<string> | undefined;
  const { data, as } = flags;
  const url = flags.url ?? addressOn(data) ?? USUAL_ADDRESS;
  return openClient(url, () => (token ??= tokenOf({ url, data, as })));
}

const USUAL_ADDRESS = 'http://127.0.0.1:8080';

/** Where the one process answers that runs on a data folder; undefined where none does, or several. */
function addressOn(dataDir: string): string | undefined {
  const urls = runningInstances(path.resolve(dataDir)).flatMap(({ url }) => url ?? []);
  return urls.length === 1 ? urls[0] : undefined;
}

/** A client that speaks as `token` says, or as nobody. @throws UsageError for what is no address */
export function openClient(url: string, token?: () => Promise<string>): ApiClient {
  return apiClient({
    url: originOf(url),
    ...(token && { token }),
    fetch: (request) => fetchInTime(request),
  });
}

async function tokenOf({
  url,
  data,
  as,
}: {
  readonly url: string;
  readonly data: string;
  readonly as: string | undefined;
}): Promise<string> {
  const signedIn = as === undefined ? await tokenOfSignIn(url) : undefined;
  if (signedIn !== undefined) return signedIn;
  if (!existsSync(logFile(data))) {
    throw new UsageError(
      as === undefined
        ? `Nobody is signed in at ${url}, and ${data} is no data folder of a platform. Sign in with ` +
            `"flexledger login --url ${url}", or name the data folder with --data.`
        : `--as ${as} speaks by the key of a data folder, and ${data} is none; name it with --data.`,
    );
  }
  const tokens = await openTokens(data);
  try {
    return await tokens.tokenOf(as ?? 'operator');
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(`--as: ${messageOf(error)}.`) : error;
  }
}
