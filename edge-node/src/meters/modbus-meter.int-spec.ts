import { type AddressInfo, createServer } from 'node:net';
import { freePort, sleep } from '@flexledger/runtime';
import { ServerTCP } from 'modbus-serial';
import { startModbusMeterServer } from '../simulation/modbus-meter-server';
import type { Meter, MeterReading } from './meter';
import { loadMeterModel } from './meter-model';
import { modbusMeter, type ModbusMeterOptions } from './modbus-meter';

// Goal: the driver reads a device through its model's map alone. Method: real Modbus TCP on loopback;
// once against registers written down by hand from the manuals, so that a wrong map cannot hide
// behind a simulator that uses the same map; once against the simulator.

const UNIT = 7;
const open: { close(): Promise<unknown> }[] = [];
afterEach(() => Promise.all(open.splice(0).map((device) => device.close())));

function meterAt(port: number, model: string, change: Partial<ModbusMeterOptions> = {}): Meter {
  const meter = modbusMeter({
    model: loadMeterModel(model),
    host: '127.0.0.1',
    port,
    unitId: UNIT,
    timeoutMs: 3_000,
    ...change,
  });
  open.push(meter);
  return meter;
}

/** A device with nothing but the given registers, by address on the wire. */
async function device(kind: 'holding' | 'input', words: Record<number, number[]>): Promise<number> {
  const image = new Map<number, number>();
  for (const [start, list] of Object.entries(words)) {
    list.forEach((word, i) => image.set(Number(start) + i, word));
  }
  const read = (address: number, length: number): number[] =>
    Array.from({ length }, (_, i) => image.get(address + i) ?? 0xdead);
  const port = await freePort();
  const server = new ServerTCP(
    kind === 'holding'
      ? { getMultipleHoldingRegisters: read }
      : { getMultipleInputRegisters: read },
    { host: '127.0.0.1', port, unitID: UNIT },
  );
  open.push({ close: () => new Promise<void>((resolve) => server.close(() => resolve())) });
  await new Promise<void>((resolve) => server.on('initialized', () => resolve()));
  return port;
}

const reading: MeterReading = {
  withdrawnTotalWh: 1_234_560,
  injectedTotalWh: 20,
  reactiveTotalVarh: -310,
  powerW: -2_750,
};

describe('a meter read over Modbus TCP', () => {
  it('Schneider iEM3155: 64-bit integers in Wh, a float in kW, one below the manual’s numbers', async () => {
    const port = await device('holding', {
      3203: [0x0000, 0x0000, 0x0012, 0xd680], // 1,234,560 Wh
      3207: [0x0000, 0x0000, 0x0000, 0x0014], // 20 Wh
      3219: [0x0000, 0x0000, 0x0000, 0x0000],
      3223: [0x0000, 0x0000, 0x0000, 0x0136], // 310 VARh
      3059: [0xc030, 0x0000], // -2.75 kW
    });
    expect(await meterAt(port, 'schneider-iem3155').read()).toEqual(reading);
  });

  it('is shown the setpoint where its model has a register for it, and no other meter is', async () => {
    const written: [number, number][] = [];
    const port = await freePort();
    const server = new ServerTCP(
      { setRegister: (address: number, word: number) => void written.push([address, word]) },
      { host: '127.0.0.1', port, unitID: UNIT },
    );
    open.push({ close: () => new Promise<void>((resolve) => server.close(() => resolve())) });
    await new Promise<void>((resolve) => server.on('initialized', () => resolve()));
    const abb = loadMeterModel('abb-b23');
    const setpoint = { address: 0x8000, type: 'int32', scale: 0.1, unit: 'W', free: 0 } as const;
    const meter = meterAt(port, 'abb-b23', { model: { ...abb, setpoint } });
    await meter.show!({ powerW: -1_500 });
    await meter.show!({ powerW: null });
    expect(written).toEqual([
      [0x8000, 0xffff],
      [0x8001, 0xc568], // -15,000 tenths of a watt
      [0x8000, 0],
      [0x8001, 0],
    ]);
    expect(meterAt(port, 'abb-b23').show).toBeUndefined();
  });

  it('that has no number for a counter gives no reading', async () => {
    const port = await device('holding', {
      0x5000: [0xffff, 0xffff, 0xffff, 0xffff],
      0x5004: [0, 0, 0, 2],
      0x500c: [0, 0, 0, 0],
      0x5010: [0, 0, 0, 0],
      0x5b14: [0, 0],
    });
    await expect(meterAt(port, 'abb-b23').read()).rejects.toThrow(
      'cannot be read: the registers from 20480 on say that it is not available',
    );
  });

  it('Eastron SDM630: floats in kWh and W, in input registers', async () => {
    const port = await device('input', {
      0x48: [0x449a, 0x51ec], // 1234.56 kWh
      0x4a: [0x3ca3, 0xd70a], // 0.02 kWh
      0x4c: [0x0000, 0x0000],
      0x4e: [0x3e9e, 0xb852], // 0.31 kVArh
      0x34: [0xc52b, 0xe000], // -2750 W
    });
    expect(await meterAt(port, 'eastron-sdm630').read()).toEqual(reading);
  });

  it('ABB B23: unsigned 64-bit in steps of 10 Wh, signed 32-bit in steps of 0.01 W', async () => {
    const port = await device('holding', {
      0x5000: [0x0000, 0x0000, 0x0001, 0xe240], // 123,456 x 0.01 kWh
      0x5004: [0x0000, 0x0000, 0x0000, 0x0002],
      0x500c: [0x0000, 0x0000, 0x0000, 0x0000],
      0x5010: [0x0000, 0x0000, 0x0000, 0x001f], // 31 x 0.01 kvarh
      0x5b14: [0xfffb, 0xcdc8], // -275,000 x 0.01 W
    });
    expect(await meterAt(port, 'abb-b23').read()).toEqual(reading);
  });

  it.each(['schneider-iem3155', 'eastron-sdm630', 'abb-b23'])(
    'the simulated %s answers as the real one would',
    async (name) => {
      const server = await startModbusMeterServer({
        model: loadMeterModel(name),
        port: 0,
        unitId: UNIT,
        reading: () => reading,
      });
      open.push(server);
      expect(await meterAt(server.port, name).read()).toEqual(reading);
    },
  );
});

describe('a meter that cannot be read', () => {
  it('is named with its address, and read again once it is back', async () => {
    const model = loadMeterModel('abb-b23');
    const options = { model, unitId: UNIT, reading: () => reading };
    const first = await startModbusMeterServer({ ...options, port: 0 });
    const meter = meterAt(first.port, 'abb-b23');
    expect(await meter.read()).toEqual(reading);
    await first.close();
    await expect(meter.read()).rejects.toThrow(
      `The meter ABB B23 at 127.0.0.1:${first.port}, unit 7, cannot be read`,
    );
    open.push(await startModbusMeterServer({ ...options, port: first.port }));
    expect(await meter.read()).toEqual(reading);
  });

  it('because it is another device is an error: no register is taken for zero', async () => {
    const model = loadMeterModel('abb-b23');
    const server = await startModbusMeterServer({
      model,
      port: 0,
      unitId: UNIT,
      reading: () => reading,
    });
    open.push(server);
    await expect(meterAt(server.port, 'schneider-iem3155').read()).rejects.toThrow(
      'Illegal data address',
    );
  });

  it('because no device has the unit number is an error after the time-out', async () => {
    const model = loadMeterModel('abb-b23');
    const server = await startModbusMeterServer({
      model,
      port: 0,
      unitId: UNIT,
      reading: () => reading,
    });
    open.push(server);
    const meter = meterAt(server.port, 'abb-b23', { unitId: UNIT + 1, timeoutMs: 50 });
    await expect(meter.read()).rejects.toThrow('Timed out');
  });

  it('because another unit answers, or one late, gives no reading and spoils no later one', async () => {
    const asked: number[] = [];
    /** To the first request as unit 9, to the second too late, to those after them soundly. */
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (request) => {
        asked.push(request.readUInt16BE(8));
        const words = request.readUInt16BE(10);
        const answer = Buffer.alloc(9 + 2 * words);
        request.copy(answer, 0, 0, 4);
        answer.writeUInt16BE(3 + 2 * words, 4);
        answer[6] = asked.length === 1 ? UNIT + 2 : UNIT;
        answer[7] = request[7]!;
        answer[8] = 2 * words;
        // Its own address stands in each answer, so that one taken for another is seen.
        answer.writeUInt16BE(request.readUInt16BE(8), answer.length - 2);
        setTimeout(() => socket.write(answer), asked.length === 2 ? 400 : 0);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push({ close: () => new Promise<void>((resolve) => server.close(() => resolve())) });
    const { port } = server.address() as AddressInfo;
    const meter = meterAt(port, 'schneider-iem3155', { timeoutMs: 200 });
    await expect(meter.read()).rejects.toThrow('unit 7, cannot be read');
    await expect(meter.read()).rejects.toThrow('Timed out');
    for (let times = 0; times < 3; times += 1) {
      expect(await meter.read()).toMatchObject({ withdrawnTotalWh: 3_203, injectedTotalWh: 3_207 });
      await sleep(150);
    }
    await meter.close();
  });

  it('cannot be simulated on a port that is taken', async () => {
    const model = loadMeterModel('abb-b23');
    const options = { model, unitId: UNIT, reading: () => reading };
    const server = await startModbusMeterServer({ ...options, port: 0 });
    open.push(server);
    await expect(startModbusMeterServer({ ...options, port: server.port })).rejects.toThrow(
      `The simulated device cannot listen on 127.0.0.1:${server.port}`,
    );
  });
});
