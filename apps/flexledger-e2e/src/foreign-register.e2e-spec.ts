/**
 * Our shared customer database is left out: a register that was written from the documents alone, in Python, keeps
 * PoDs, baselines, measurements and setpoints, and tells them; the market day completes. It needs Python with
 * packages that are not everywhere.
 */
import { auditLog } from '@flexledger/audit-cli';
import { clientIdOf, readClientSecret } from '@flexledger/service-kit';
import { type MarketAround, openMarketAround } from './testing/market-around';
import { hasPython, runPaced } from './testing/python';

jest.setTimeout(300_000);

/** What it tells of, that stood in no log of ours otherwise. */
const TOLD = [
  'PodRegistered',
  'PodLocated',
  'FlexibilityDeclared',
  'BaselineDeclared',
  'SetpointIssued',
];

let market: MarketAround | undefined;
afterEach(() => market?.remove());

(hasPython ? it : it.skip)(
  'a foreign register is asked by market, DSO and aggregators for a whole market day (Python with its packages)',
  async () => {
    const opened = (market = await openMarketAround({
      left: 'shared-customer-database',
      program: 'register.py',
      args: (marketUrl, secret) => [marketUrl, 'operator', secret, '0'],
      config: (foreignUrl) => ({ addresses: { 'shared-customer-database': foreignUrl } }),
    }));
    const { url, foreignUrl, dataDir, clock, platform } = opened;
    const client = [clientIdOf('operator'), readClientSecret(dataDir, clientIdOf('operator'))];
    const called = [url, ...client, '--register', foreignUrl];
    const steps = await runPaced('market_day.py', called, clock, () => opened.settle());
    expect(steps.at(-1)).toMatch(/^[1-9]\d* measurements are proved$/);

    const types = new Set<string>();
    for await (const { type } of platform.store.readAll()) types.add(type);
    expect(TOLD.filter((type) => !types.has(type))).toEqual([]);
    expect(types.has('MirrorAlarmRaised')).toBe(false);

    await platform.certifier!.certifier.seal();
    await opened.close();
    const report = await auditLog({ dataDir }, () => {});
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
  },
);
