import { freePort } from '@flexledger/runtime';
import { ServerTCP } from 'modbus-serial';
import type { Meter } from './meter';
import { sunSpecMeter } from './sunspec-meter';

// Goal: a meter that tells itself by SunSpec's meter models is read whole, its quadrants apart. Method: a
// real Modbus TCP device, its registers written down by hand from the definition of model 203.

const UNIT = 9;
const BASE = 40_000;
/** A common model of 66 registers, then the meter's, then the end. */
const AT = BASE + 2 + 68;
const open: { close(): Promise<unknown> }[] = [];
afterEach(() => Promise.all(open.splice(0).map((device) => device.close())));

async function meterWith(
  change: Record<number, readonly number[]> = {},
  model = 203,
): Promise<Meter> {
  const words = new Map<number, number>();
  const put = (at: number, list: readonly number[]) =>
    list.forEach((word, i) => words.set(at + i, word));
  put(BASE, [0x5375, 0x6e53, 1, 66, ...Array<number>(66).fill(0)]);
  put(AT, [model, 105, ...Array<number>(105).fill(0), 0xffff, 0]);
  put(AT + 18, [0xfeed, 0, 0, 0, 1]); // W -275, W_SF 1: tens of watts
  put(AT + 38, [0, 2]); // TotWhExp
  put(AT + 46, [0x0001, 0xe240]); // TotWhImp 123,456
  put(AT + 54, [1]); // TotWh_SF: tens of Wh
  put(AT + 72, [0, 500]); // TotVArhImpQ1
  put(AT + 80, [0, 30]); // TotVArhImpQ2
  put(AT + 88, [0, 7]); // TotVArhExpQ3
  put(AT + 96, [0, 1_000]); // TotVArhExpQ4
  put(AT + 104, [0]); // TotVArh_SF
  for (const [at, list] of Object.entries(change)) put(AT + Number(at), list);
  const port = await freePort();
  const read = (at: number): number => {
    const word = words.get(at);
    if (word === undefined) throw { modbusErrorCode: 2 };
    return word;
  };
  const server = new ServerTCP(
    {
      getMultipleHoldingRegisters: (at: number, length: number) =>
        Array.from({ length }, (_, index) => read(at + index)),
    },
    { host: '127.0.0.1', port, unitID: UNIT },
  );
  server.on('socketError', () => {});
  await new Promise<void>((resolve) => server.on('initialized', () => resolve()));
  const meter = sunSpecMeter({ host: '127.0.0.1', port, unitId: UNIT, timeoutMs: 2_000 });
  open.push(meter, { close: () => new Promise<void>((resolve) => server.close(() => resolve())) });
  return meter;
}

const chain2 = {
  withdrawnTotalWh: 1_234_560,
  injectedTotalWh: 20,
  reactiveTotalVarh: 500 + 30 - 7 - 1_000,
  powerW: -2_750,
};

it('a three-phase meter tells its four quadrants apart', async () => {
  expect(await (await meterWith()).read()).toEqual({
    ...chain2,
    quadrantTotals: {
      inductiveWithdrawnVarh: 500,
      capacitiveInjectedVarh: 30,
      inductiveInjectedVarh: 7,
      capacitiveWithdrawnVarh: 1_000,
    },
  });
});

it('a single-phase meter is of data set Chain2, its reactive energy one sum', async () => {
  expect(await (await meterWith({}, 201)).read()).toEqual(chain2);
});

/** Of model 701, 153 registers; what those of a meter hold stands within and means nothing there. */
const DER: Record<number, readonly number[]> = {
  1: [153, ...Array<number>(153).fill(0), 0xffff, 0],
  10: [275], // W, fed in
  19: [0, 0, 0, 7], // TotWhInj
  23: [0, 0, 1, 2], // TotWhAbs
  27: [0, 0, 0, 30], // TotVarhInj
  31: [0, 0, 0, 500], // TotVarhAbs
  116: [1], // W_SF
  120: [1, 0], // TotWh_SF, TotVarh_SF
};

it('a plant that measures itself counts both directions, what it feeds in being positive there', async () => {
  expect(await (await meterWith(DER, 701)).read()).toEqual({
    withdrawnTotalWh: 655_380,
    injectedTotalWh: 70,
    reactiveTotalVarh: 470,
    powerW: -2_750,
  });
});

it.each<[string, Record<number, readonly number[]>, number, string]>([
  ['no meter among its models', {}, 103, 'has no model 201 or 202 or 203 or 204 or 701'],
  [
    'a total that it does not count',
    { ...DER, 23: Array<number>(4).fill(0xffff) },
    701,
    'its counter at 23 is not available',
  ],
  ['no power now', { 18: [0x8000] }, 203, 'its power is not available'],
  ['no active energy', { 54: [0x8000] }, 203, 'it counts no active energy'],
  ['no reactive energy', { 104: [0x8000] }, 203, 'it counts no reactive energy'],
  ['a scale that is none', { 54: [11] }, 203, 'its scale factor 11 is none'],
])('refuses a device with %s, by its address', async (_, change, model, reason) => {
  const meter = await meterWith(change, model);
  await expect(meter.read()).rejects.toThrow(reason);
  await expect(meter.read()).rejects.toThrow(/^The SunSpec meter at 127\.0\.0\.1:\d+, unit 9,/);
});
