/**
 * The market day of `docs/examples/python`: a client written from the documents alone, in another language, does
 * every party's job on an empty market. It needs Python with packages that are not everywhere.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { clientIdOf, readClientSecret } from '@flexledger/service-kit';
import { isoNow, msFromIso } from '@flexledger/runtime';
import { settleConsequences } from '@flexledger/composer';
import { auditLog } from '@flexledger/audit-cli';
import { type EmptyMarket, openEmptyMarket } from './testing/empty-market';
import { PYTHON, hasPython } from './testing/python';

jest.setTimeout(240_000);

const PROGRAM = path.resolve(__dirname, '../../../docs/examples/python/market_day.py');
const STEPS = [
  ...['parties are in', 'nodes are enrolled', 'asked and offered', 'published', 'delivered'],
  ...[expect.stringMatching(/^settled and paid/), 'each party sees its own'],
  expect.stringMatching(/^\d+ measurements are proved$/),
];

let market: EmptyMarket;
let client: ChildProcess | undefined;
beforeAll(async () => {
  market = await openEmptyMarket(3);
});
afterAll(async () => {
  client?.kill('SIGKILL');
  await market.remove();
});

/** Takes what nodes sent, and lets follow what follows from it. */
async function work({ platform }: EmptyMarket): Promise<void> {
  await platform.accessLayer.layer.measurements.flush();
  await platform.accessLayer.layer.nodeReports.flush();
  await settleConsequences(platform);
}

(hasPython ? it : it.skip)(
  'a foreign client does a whole market day (Python with its packages)',
  async () => {
    const { url, dataDir, clock, platform } = market;
    const clientId = clientIdOf('operator');
    const secret = readClientSecret(dataDir, clientId);
    const called = [PROGRAM, url, clientId, secret, '--pace', isoNow(clock)];
    const child = (client = spawn(PYTHON, called));
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    const steps: string[] = [];
    let waitsUntil: string | undefined;
    createInterface(child.stdout).on('line', (line) => {
      const [, instant] = /^until (.*)$/.exec(line) ?? [];
      if (instant) waitsUntil = instant;
      else steps.push(line);
    });
    const ended = once(child, 'exit');
    while (child.exitCode === null && child.signalCode === null) {
      await work(market);
      if (waitsUntil) {
        const at = msFromIso(waitsUntil);
        waitsUntil = undefined;
        await clock.advanceTo(Math.max(at, clock.nowMs()), () => work(market));
        child.stdin.write('\n');
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await ended;
    expect({ code: child.exitCode, errors }).toEqual({ code: 0, errors: '' });
    expect(steps).toEqual(STEPS);

    await platform.certifier.certifier.seal();
    await work(market);
    await market.close();
    const report = await auditLog({ dataDir }, () => {});
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
  },
);
