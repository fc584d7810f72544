/** Goal: an EMS spoken to in JSON gets targets in its own unit, and is believed when it says that it holds them. */
import { type Server, createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { isoFromMs } from '@flexledger/runtime';
import { Aedes } from 'aedes';
import { FREE } from './ems-driver';
import { mqttEms } from './mqtt-ems';
import { restEms } from './rest-ems';
import type { EmsUnit } from './told-target';

const NOW_MS = Date.parse('2026-03-17T11:00:00.000Z');
const clock = { nowMs: () => NOW_MS };
const schedule = {
  startMs: NOW_MS,
  targets: [{ powerW: -1_500, reactiveVar: null }, FREE],
};
const TARGET = { powerW: -1_500, reactiveVar: 250 };
const IN_KW = { unit: 'kW', power: -1.5, reactivePower: 0.25 };
const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

describe('by REST', () => {
  /** An EMS that keeps what it is told; a fault is its answer to whatever it is asked. */
  async function emsServer(fault?: { status: number; text: string }, isDeaf = false) {
    const told: [string, unknown][] = [];
    let held: unknown = { unit: 'W', power: null, reactivePower: null };
    const server: Server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        if (fault) return response.writeHead(fault.status).end(fault.text);
        const { method, url, headers } = request;
        if (method === 'GET') return response.end(JSON.stringify(held));
        const what = JSON.parse(body) as unknown;
        told.push([`${url} ${headers.authorization}`, what]);
        if (url!.endsWith('/target') && !isDeaf) held = what;
        response.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push({
      close: () =>
        new Promise((resolve) => {
          server.close(resolve);
          server.closeAllConnections();
        }),
    });
    const { port } = server.address() as AddressInfo;
    return { told, url: `http://127.0.0.1:${port}/plant/` };
  }
  const emsAt = (url: string, unit: EmsUnit = 'kW') =>
    restEms({ url, token: 'secret', unit, timeoutMs: 2_000, clock });

  it('is told the schedule and each target, in its unit and until when it counts', async () => {
    const { told, url } = await emsServer();
    const ems = emsAt(url);
    await ems.accept(schedule);
    await ems.apply(TARGET);
    await ems.apply(FREE);
    expect(told).toEqual([
      [
        '/plant/schedule Bearer secret',
        {
          startAt: '2026-03-17T11:00:00.000Z',
          endAt: '2026-03-17T11:30:00.000Z',
          minutes: 15,
          targets: [
            { unit: 'kW', power: -1.5, reactivePower: null },
            { unit: 'kW', power: null, reactivePower: null },
          ],
        },
      ],
      ['/plant/target Bearer secret', { ...IN_KW, validUntil: isoFromMs(NOW_MS + 960_000) }],
      [
        '/plant/target Bearer secret',
        { unit: 'kW', power: null, reactivePower: null, validUntil: isoFromMs(NOW_MS + 960_000) },
      ],
    ]);
  });

  it('that refuses, is not there, or takes a target and does not hold it, is told in words', async () => {
    const refusing = await emsServer({ status: 409, text: 'battery empty' });
    await expect(emsAt(refusing.url).accept(schedule)).rejects.toThrow('409: battery empty');
    await expect(emsAt('http://127.0.0.1:9').apply(TARGET)).rejects.toThrow('the EMS at http');
    const deaf = await emsServer(undefined, true);
    await expect(emsAt(deaf.url, 'W').apply(TARGET)).rejects.toThrow('does not hold it');
    const odd = await emsServer({ status: 200, text: 'hello' });
    await expect(emsAt(odd.url).apply(TARGET)).rejects.toThrow('is not valid JSON');
  });
});

describe('by MQTT', () => {
  /** A broker, and an EMS at it that says it holds what it was told; nothing where it is dead. */
  async function emsBroker(says: 'what it holds' | 'nothing' | 'another target' | 'only before') {
    const aedes = await Aedes.createBroker();
    const server = createTcpServer((socket) => void aedes.handle(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push({
      close: () => new Promise<void>((resolve) => aedes.close(() => server.close(() => resolve()))),
    });
    const told: [string, unknown][] = [];
    const say = (state: object): void =>
      aedes.publish(
        {
          cmd: 'publish',
          topic: 'plant/state',
          payload: Buffer.from(JSON.stringify(state)),
          qos: 1,
          retain: true,
          dup: false,
        },
        () => {},
      );
    if (says !== 'nothing') say({ unit: 'kW', power: null, reactivePower: null });
    aedes.on('publish', ({ topic, payload }) => {
      if (topic !== 'plant/target' && topic !== 'plant/schedule') return;
      const what = JSON.parse(payload.toString()) as object;
      told.push([topic, what]);
      if (topic === 'plant/schedule' && says !== 'nothing' && says !== 'only before') {
        say({ unit: 'kW', power: null, reactivePower: null });
      }
      if (topic === 'plant/target' && says === 'what it holds') say(what);
    });
    const { port } = server.address() as AddressInfo;
    const url = `mqtt://127.0.0.1:${port}`;
    const ems = mqttEms({ url, topic: 'plant', unit: 'kW', timeoutMs: 300, clock });
    open.push(ems);
    return { told, ems };
  }

  it('is told the schedule and each target, and believed when it says that it holds it', async () => {
    const { told, ems } = await emsBroker('what it holds');
    await ems.accept(schedule);
    await ems.apply(TARGET);
    await ems.apply(TARGET);
    await ems.apply(FREE);
    expect(told.map(([topic]) => topic)).toEqual([
      'plant/schedule',
      ...Array<string>(3).fill('plant/target'),
    ]);
    expect(told[1]![1]).toMatchObject(IN_KW);
  });

  it('that says nothing, or something else, is told in words; so is a broker that is not there', async () => {
    const dead = await emsBroker('nothing');
    await expect(dead.ems.accept(schedule)).rejects.toThrow('plant: it says nothing');
    const off = await emsBroker('only before');
    await expect(off.ems.accept(schedule)).rejects.toThrow('plant: it says nothing');
    const other = await emsBroker('another target');
    await other.ems.accept(schedule);
    await expect(other.ems.apply(TARGET)).rejects.toThrow('does not say that it holds it');
    const nobody = mqttEms({
      url: 'mqtt://user:secret@127.0.0.1:9',
      topic: 'plant',
      unit: 'W',
      timeoutMs: 300,
      clock,
    });
    const fault = await nobody.accept(schedule).catch((error: Error) => error.message);
    expect(fault).toContain('the EMS at 127.0.0.1:9, plant');
    expect(fault).not.toContain('secret');
  });
});
