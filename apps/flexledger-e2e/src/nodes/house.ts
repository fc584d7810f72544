/** A house of a test: a meter that is read by Modbus TCP, and an EMS that is told by REST; what it draws, the test says. */
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loadMeterModel, startModbusMeterServer } from '@flexledger/edge-node';
import type { Clock } from '@flexledger/runtime';

const MODEL = 'eastron-sdm630';
const UNIT = 1;
const HOUR_MS = 3_600_000;
const FREE = { unit: 'W', power: null, reactivePower: null };

export interface House {
  /** `meter` and `ems` of a node's configuration. */
  readonly devices: object;
  /** What the EMS does with a target: follows it, says that it does, or refuses. */
  behaves: 'well' | 'like a liar' | 'refusing';
  close(): Promise<void>;
}

/** @param naturalW what it draws where nothing is asked of it */
export async function openHouse(naturalW: number, clock: Clock): Promise<House> {
  let powerW = naturalW;
  let sinceMs = clock.nowMs();
  let drawnWh = 1_000;
  const draw = (nextW: number): void => {
    const nowMs = clock.nowMs();
    drawnWh += (powerW * (nowMs - sinceMs)) / HOUR_MS;
    [powerW, sinceMs] = [nextW, nowMs];
  };
  const meter = await startModbusMeterServer({
    model: loadMeterModel(MODEL),
    port: 0,
    unitId: UNIT,
    reading() {
      draw(powerW);
      const withdrawnTotalWh = Math.floor(drawnWh);
      return { withdrawnTotalWh, injectedTotalWh: 0, reactiveTotalVarh: 0, powerW };
    },
  });
  let held: { readonly power: number | null } = FREE;
  const ems = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      if (request.method === 'GET') return response.end(JSON.stringify(held));
      if (house.behaves === 'refusing') return response.writeHead(503).end('out of order');
      if (request.url!.endsWith('/target')) {
        held = JSON.parse(body) as typeof held;
        draw(house.behaves === 'well' ? (held.power ?? naturalW) : naturalW);
      }
      response.end();
    });
  });
  await new Promise<void>((resolve) => ems.listen(0, '127.0.0.1', resolve));
  const house: House = {
    devices: {
      meter: { model: MODEL, at: `127.0.0.1:${meter.port}`, unit: UNIT, serialNumber: 'HOUSE' },
      ems: { at: `http://127.0.0.1:${(ems.address() as AddressInfo).port}/plant` },
    },
    behaves: 'well',
    async close() {
      await meter.close();
      await closed(ems);
    },
  };
  return house;
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
