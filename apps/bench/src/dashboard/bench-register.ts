/**
 * The first page of a register of 1,600,000 PoDs. As many registrations are appended to the log of a
 * platform that is stopped, one a PoD, as the register would have appended them; then `up` folds them into
 * its read models as it does any log, and serves. Nothing is put into a read model by hand.
 */
import path from 'node:path';
import { readClientSecret } from '@flexledger/service-kit';
import { inTemporaryFolder } from '../leave-nothing';
import { runApart } from '../run-apart';
import { serve } from './served';

export interface RegisterResult {
  readonly pods: number;
  /** Appending the registrations. */
  readonly appendSeconds: number;
  /** From the start of `up` until it answers, its read models up to the log's end. */
  readonly startSeconds: number;
  /** The page as a browser gets it, with the first view drawn: median. */
  readonly pageMs: number;
  /** The first hundred PoDs by the interface, which the page then asks for: median. */
  readonly firstRowsMs: number;
  /** Those of one aggregator: median. */
  readonly filteredRowsMs: number;
}

const PODS = 1_600_000;
const ASKED = 11;
const APPEND_TIMEOUT_MS = 1_800_000;
const OPERATOR = 'operator';

/** @throws Error where a step fails, or not every registration is in the register that is read */
export function benchRegister(pods = PODS): Promise<RegisterResult> {
  return inTemporaryFolder(async (folder) => {
    const dataDir = path.join(folder, 'register');
    const up = ['up', '--data', dataDir, '--mqtt-port', '0'];
    await (await serve(up)).close();
    const registered = await runApart<{ readonly appendSeconds: number }>(
      `${__dirname}/register-child`,
      [dataDir, String(pods)],
      APPEND_TIMEOUT_MS,
    );
    if (!registered) throw new Error('Appending the registrations took more than half an hour.');
    const startedMs = performance.now();
    const served = await serve(up);
    const startSeconds = (performance.now() - startedMs) / 1e3;
    try {
      const found = await registeredPods(served.url);
      if (found !== pods) throw new Error(`The register has ${found} PoDs of ${pods}.`);
      const token = await operatorToken(served.url, dataDir);
      const rows = (query: string): Promise<number> =>
        medianMs(`${served.url}/api/v1/pods?limit=100${query}`, token);
      return {
        pods,
        appendSeconds: registered.answer.appendSeconds,
        startSeconds,
        pageMs: await medianMs(`${served.url}/pods`),
        firstRowsMs: await rows(''),
        filteredRowsMs: await rows('&aggregatorId=AGG2'),
      };
    } finally {
      await served.close();
    }
  });
}

async function registeredPods(url: string): Promise<number> {
  const { pods } = (await (await fetch(`${url}/api/v1/status`)).json()) as { pods: number };
  return pods;
}

/** By the client that `up` makes for its operator. */
async function operatorToken(url: string, dataDir: string): Promise<string> {
  const response = await fetch(`${url}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: OPERATOR,
      client_secret: readClientSecret(dataDir, OPERATOR),
    }),
  });
  return ((await response.json()) as { access_token: string }).access_token;
}

async function medianMs(address: string, token?: string): Promise<number> {
  const took: number[] = [];
  for (let asked = 0; asked < ASKED; asked += 1) {
    const startedMs = performance.now();
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(address, { headers });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`${address} answered ${response.status}.`);
    took.push(performance.now() - startedMs);
  }
  return Math.round(took.sort((a, b) => a - b)[Math.floor(ASKED / 2)]!);
}
