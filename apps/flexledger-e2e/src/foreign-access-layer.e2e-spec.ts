/**
 * Our access layer is left out: one that was written from the documents alone, in Python and with a broker of its
 * own, enrols the Light Nodes, verifies what they measure and tells it; the market day completes. It needs Python
 * with packages that are not everywhere.
 */
import { writeFileSync } from 'node:fs';
import { freePort } from '@flexledger/runtime';
import path from 'node:path';
import { auditLog } from '@flexledger/audit-cli';
import { createPlatformClient, httpPackets } from '@flexledger/ports';
import { clientIdOf, readClientSecret } from '@flexledger/service-kit';
import { type MarketAround, openMarketAround } from './testing/market-around';
import { hasPythonBroker, runPaced } from './testing/python';

jest.setTimeout(300_000);

const CARRIER_PASSWORD = 'of the DSO at the foreign broker';
const SETPOINTS = ['SetpointIssued', 'SetpointReceived', 'SetpointApplied'];

let market: MarketAround | undefined;
afterEach(() => market?.remove());

(hasPythonBroker ? it : it.skip)(
  'a foreign access layer takes a whole market day’s packets and carries its setpoints (Python with a broker)',
  async () => {
    const mqttPort = await freePort();
    const opened = (market = await openMarketAround({
      left: 'blockchain-access-layer',
      program: 'access_layer.py',
      args: (marketUrl) => [marketUrl, '0', String(mqttPort), CARRIER_PASSWORD],
      config(_, dataDir) {
        const tokenFile = path.join(dataDir, 'carrier.secret');
        writeFileSync(tokenFile, `${CARRIER_PASSWORD}\n`);
        return { mqtt: { port: mqttPort, username: 'dso', tokenFile } };
      },
    }));
    const { url, foreignUrl, dataDir, clock, platform } = opened;
    const client = [clientIdOf('operator'), readClientSecret(dataDir, clientIdOf('operator'))];
    const called = [url, ...client, '--access-layer', foreignUrl];
    const steps = await runPaced('market_day.py', called, clock, () => opened.settle());
    expect(steps.at(-1)).toMatch(/^[1-9]\d* measurements are proved$/);

    const types = new Map<string, number>();
    let actor = '';
    for await (const event of platform.store.readAll()) {
      types.set(event.type, (types.get(event.type) ?? 0) + 1);
      if (event.type === 'MeasurementRecorded') actor = event.actor;
    }
    expect(types.get('NodeEnrolled')).toBe(3);
    expect(actor).toMatch(/^node:/);
    const [issued, ...answered] = SETPOINTS.map((type) => types.get(type));
    expect(answered).toEqual([issued, issued]);
    expect(types.get('MirrorAlarmRaised')).toBeUndefined();

    // What keeps measurements may ask it by the port, too.
    const token = () => opened.tokenOf('dso');
    const packets = httpPackets(createPlatformClient({ baseUrl: foreignUrl, token }));
    const page = await packets.packetsAfter(undefined, 1_000);
    expect(page.packets).toHaveLength(types.get('MeasurementRecorded')!);
    expect(await packets.packetsAfter(page.next, 1_000)).toMatchObject({ packets: [] });

    await platform.certifier!.certifier.seal();
    await opened.close();
    const report = await auditLog({ dataDir }, () => {});
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
  },
);
