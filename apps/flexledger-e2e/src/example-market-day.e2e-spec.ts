/**
 * The market day of `docs/examples/python`: a client written from the documents alone, in another language, does
 * every party's job on an empty market. It needs Python with packages that are not everywhere.
 */
import { clientIdOf, readClientSecret } from '@flexledger/service-kit';
import { settleConsequences } from '@flexledger/composer';
import { auditLog } from '@flexledger/audit-cli';
import { type EmptyMarket, openEmptyMarket } from './testing/empty-market';
import { hasPython, runPaced } from './testing/python';

jest.setTimeout(240_000);

const STEPS = [
  ...['parties are in', 'nodes are enrolled', 'asked and offered', 'published', 'delivered'],
  ...[expect.stringMatching(/^settled and paid/), 'each party sees its own'],
  expect.stringMatching(/^\d+ measurements are proved$/),
];

let market: EmptyMarket;
beforeAll(async () => {
  market = await openEmptyMarket(3);
});
afterAll(async () => {
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
    const steps = await runPaced('market_day.py', [url, clientId, secret], clock, () =>
      work(market),
    );
    expect(steps).toEqual(STEPS);

    await platform.certifier.certifier.seal();
    await work(market);
    await market.close();
    const report = await auditLog({ dataDir }, () => {});
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
  },
);
