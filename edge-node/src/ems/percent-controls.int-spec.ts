import { ILLEGAL_ADDRESS, startModbusServer } from '../simulation/modbus-server';
import { type EmsDriver, FREE } from './ems-driver';
import { sunSpecEms } from './sunspec-ems';

// Goal: inverters and batteries that know no model 704 are told by 123 and 124, in percent, and lapse without a node. Method:
// a real Modbus TCP device, its registers written down by hand from SunSpec's models 121, 123 and 124; one second of its
// reversion timers takes a millisecond.

const UNIT = 3;
const BASE = 40_000;
const INVERTER = { at121: BASE + 70, at123: BASE + 102 };
const open: { close(): Promise<unknown> }[] = [];
afterEach(() => Promise.all(open.splice(0).map((one) => one.close())));

interface Device {
  readonly port: number;
  word(address: number): number | undefined;
  /** Addresses that were written, in order. */
  readonly writes: number[];
  isDeaf: boolean;
}

/** An inverter of 5 kW, with a battery of 2.5 kW where it is hybrid. Percent have a decimal at the inverter, two at the battery. */
async function device(
  kind: 'inverter' | 'hybrid' | 'battery',
  change: Readonly<Record<number, number>> = {},
): Promise<Device & { readonly at123: number; readonly at124: number }> {
  const words = new Map<number, number>();
  const put = (at: number, ...list: number[]) => list.forEach((word, i) => words.set(at + i, word));
  let at = BASE;
  const model = (number: number, length: number): number => {
    const first = at;
    put(first, number, length, ...Array<number>(length).fill(0));
    at += 2 + length;
    return first;
  };
  put(at, 0x5375, 0x6e53);
  at += 2;
  model(1, 66);
  let [at123, at124] = [0, 0];
  if (kind !== 'battery') {
    const at121 = model(121, 30);
    put(at121 + 2, 500); // WMax, in tens of watts
    put(at121 + 22, 1);
    at123 = model(123, 24);
    put(at123 + 23, 0xffff); // WMaxLimPct_SF: -1
    put(at123 + 25, 0xffff); // VArPct_SF: -1
  }
  if (kind !== 'inverter') {
    at124 = model(124, 24);
    put(at124 + 2, 2_500); // WChaMax
    put(at124 + 25, 0xfffe); // InOutWRte_SF: -2
  }
  put(at, 0xffff, 0);
  for (const [address, word] of Object.entries(change)) put(Number(address), word);

  const made = { writes: [] as number[], isDeaf: false };
  const timers = new Map<number, NodeJS.Timeout>();
  const revertsBy: Record<number, number> = {
    [at123 + 9]: at123 + 7,
    [at123 + 22]: at123 + 19,
    [at124 + 5]: at124 + 15,
  };
  const read = (address: number): number => {
    const word = words.get(address);
    if (word === undefined) throw ILLEGAL_ADDRESS;
    return word;
  };
  const server = await startModbusServer(
    {
      getHoldingRegister: read,
      getMultipleHoldingRegisters: (address: number, length: number) =>
        Array.from({ length }, (_, index) => read(address + index)),
      setRegister(address: number, word: number) {
        read(address);
        made.writes.push(address);
        if (made.isDeaf) return;
        words.set(address, word);
        const reversionMs = words.get(revertsBy[address] ?? -1) ?? 0;
        clearTimeout(timers.get(address));
        if (word === 0 || reversionMs === 0) return;
        const revert = (): void => void words.set(address, 0);
        timers.set(address, setTimeout(revert, reversionMs).unref());
      },
    },
    { port: 0, unitId: UNIT },
  );
  open.push({
    async close() {
      for (const timer of timers.values()) clearTimeout(timer);
      await server.close();
    },
  });
  return Object.assign(made, {
    port: server.port,
    word: (address: number) => words.get(address),
    at123,
    at124,
  });
}

function emsAt({ port }: { readonly port: number }): Required<EmsDriver> {
  const ems = sunSpecEms({ host: '127.0.0.1', port, unitId: UNIT, timeoutMs: 2_000 });
  open.unshift(ems);
  return ems;
}
const int16 = (word: number | undefined): number => ((word ?? NaN) << 16) >> 16;

it('what an inverter feeds in is limited in tenths of a percent of its power, and lapses after 16 minutes', async () => {
  const box = await device('inverter');
  expect(box.at123).toBe(INVERTER.at123);
  await emsAt(box).apply({ powerW: -1_250, reactiveVar: null });
  const [limit, reversionS, isOn] = [5, 7, 9].map((offset) => box.word(box.at123 + offset));
  expect([limit, reversionS, isOn]).toEqual([250, 960, 1]);
  expect(box.writes.at(-1)).toBe(box.at123 + 9);
  // Nothing was said of reactive power.
  expect(box.word(box.at123 + 22)).toBe(0);
});

it('reactive power in percent of the greatest active power, fed in positive', async () => {
  const box = await device('inverter');
  const ems = emsAt(box);
  await ems.apply({ powerW: null, reactiveVar: 500 });
  expect(int16(box.word(box.at123 + 15))).toBe(-100);
  expect([19, 21, 22].map((offset) => box.word(box.at123 + offset))).toEqual([960, 1, 1]);
  await ems.apply(FREE);
  expect(box.word(box.at123 + 22)).toBe(0);
});

it.each([
  ['charges', 1_000, 4_000, -4_000],
  ['discharges', -2_500, -10_000, 10_000],
  ['rests', 0, 0, 0],
])(
  'a battery %s at the setpoint and at nothing else: a window of one value',
  async (_, powerW, charge, discharge) => {
    const box = await device('battery');
    await emsAt(box).apply({ powerW, reactiveVar: null });
    expect(int16(box.word(box.at124 + 13))).toBe(charge);
    expect(int16(box.word(box.at124 + 12))).toBe(discharge);
    expect([15, 5].map((offset) => box.word(box.at124 + offset))).toEqual([960, 3]);
    expect(box.writes.at(-1)).toBe(box.at124 + 5);
  },
);

it('of both the battery takes the active power, and a limit of the owner is left alone', async () => {
  const box = await device('hybrid', { [INVERTER.at123 + 5]: 700, [INVERTER.at123 + 9]: 1 });
  const ems = emsAt(box);
  await ems.apply({ powerW: 1_000, reactiveVar: -500 });
  await ems.apply(FREE);
  expect([5, 9].map((offset) => box.word(box.at123 + offset))).toEqual([700, 1]);
  expect([box.word(box.at124 + 5), box.word(box.at123 + 22)]).toEqual([0, 0]);
});

it('without a node that renews it the plant is its owner’s again', async () => {
  const box = await device('hybrid');
  const ems = emsAt(box);
  await ems.apply({ powerW: 1_000, reactiveVar: 100 });
  await ems.close();
  const held = (): unknown[] => [box.word(box.at124 + 5), box.word(box.at123 + 22)];
  expect(held()).toEqual([3, 1]);
  while (held().some((word) => word !== 0)) await new Promise((resolve) => setTimeout(resolve, 20));
});

it('moves nothing when it is told ahead, and is renewed by the same target again', async () => {
  const box = await device('battery');
  const ems = emsAt(box);
  const target = { powerW: 500, reactiveVar: null };
  await ems.accept({ startMs: 0, targets: [target, FREE, target] });
  expect(box.writes).toEqual([]);
  await ems.apply(target);
  const { length } = box.writes;
  await ems.apply(target);
  expect(box.writes).toHaveLength(2 * length);
});

it.each<
  [
    string,
    'inverter' | 'battery',
    Record<number, number>,
    [powerW: number | null, reactiveVar: number | null],
    string,
  ]
>([
  [
    'to withdraw',
    'inverter',
    {},
    [100, null],
    'it limits what is fed in, and cannot be told to withdraw 100 W',
  ],
  [
    'more than the device has',
    'inverter',
    {},
    [-5_001, null],
    '5001 is more than it can be told, of 5000',
  ],
  [
    'more than the battery has',
    'battery',
    {},
    [2_501, null],
    '2501 is more than it can be told, of 2500',
  ],
  [
    'reactive power of a battery alone',
    'battery',
    {},
    [null, 1],
    'it has no control of reactive power',
  ],
  [
    'what would stand for ever',
    'inverter',
    { [INVERTER.at123 + 7]: 0xffff },
    [-100, null],
    'it has no reversion timer',
  ],
  [
    'a control without a scale',
    'inverter',
    { [INVERTER.at123 + 25]: 0x8000 },
    [null, 1],
    'it does not implement the control',
  ],
  [
    'percent of nothing',
    'inverter',
    { [INVERTER.at121 + 2]: 0 },
    [-100, null],
    'it does not tell the greatest power',
  ],
  [
    'percent of what is not told',
    'inverter',
    { [INVERTER.at121]: 99 },
    [-100, null],
    'SunSpec model 121',
  ],
])(
  'refuses %s, by its address, before anything is written',
  async (_, kind, change, [powerW, reactiveVar], reason) => {
    const box = await device(kind, change);
    const target = { powerW, reactiveVar };
    const told = new RegExp(`^the EMS at 127.0.0.1:${box.port}, unit 3: .*${reason}`);
    await expect(emsAt(box).accept({ startMs: 0, targets: [target] })).rejects.toThrow(told);
    await expect(emsAt(box).apply(target)).rejects.toThrow(told);
    expect(box.writes).toEqual([]);
  },
);

it('does not believe a device that takes a setpoint and holds another', async () => {
  const box = await device('battery');
  box.isDeaf = true;
  await expect(emsAt(box).apply({ powerW: 500, reactiveVar: null })).rejects.toThrow(
    'it took the setpoint and does not hold it',
  );
});
