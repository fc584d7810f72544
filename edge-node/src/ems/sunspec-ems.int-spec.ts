import { freePort } from '@flexledger/runtime';
import { ServerTCP } from 'modbus-serial';
import { type EmsDriver, FREE } from './ems-driver';
import { sunSpecEms } from './sunspec-ems';

// Goal: a setpoint stands in the device as the device wants it, and lapses without a node. Method: a real
// Modbus TCP device, its registers written down by hand from SunSpec's model 704.

const UNIT = 3;
const BASE = 40_000;
/** A common model of 66 registers, then 704, then the end. */
const AT = BASE + 2 + 68;
const open: { close(): Promise<unknown> }[] = [];
afterEach(() => Promise.all(open.splice(0).map((device) => device.close())));

interface Device {
  readonly port: number;
  readonly words: Map<number, number>;
  /** Offsets from the model that were written, in order. */
  readonly writes: number[];
  /** It takes what is written and does nothing. */
  isDeaf: boolean;
  close(): Promise<void>;
}

async function device(change: Record<number, number> = {}, atPort?: number): Promise<Device> {
  const words = new Map<number, number>();
  const put = (at: number, ...list: number[]) => list.forEach((word, i) => words.set(at + i, word));
  put(BASE, 0x5375, 0x6e53, 1, 66, ...Array<number>(66).fill(0));
  put(AT, 704, 65, ...Array<number>(65).fill(0), 0xffff, 0);
  put(AT + 55, 0xffff); // WSet_SF: -1, tenths of a watt
  put(AT + 57, 1); // VarSet_SF: 1, tens of vars
  for (const [at, word] of Object.entries(change)) put(Number(at), word);
  const port = atPort ?? (await freePort());
  const read = (at: number): number => {
    const word = words.get(at);
    if (word === undefined) throw { modbusErrorCode: 2 };
    return word;
  };
  const made: Device = {
    port,
    words,
    writes: [],
    isDeaf: false,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
  const server = new ServerTCP(
    {
      getHoldingRegister: read,
      getMultipleHoldingRegisters: (at: number, length: number) =>
        Array.from({ length }, (_, index) => read(at + index)),
      setRegister: (at: number, word: number) => {
        made.writes.push(at - AT);
        if (!made.isDeaf) words.set(at, word);
      },
    },
    { host: '127.0.0.1', port, unitID: UNIT },
  );
  server.on('socketError', () => {});
  await new Promise<void>((resolve) => server.on('initialized', () => resolve()));
  open.push(made);
  return made;
}

function emsAt({ port }: { readonly port: number }): Required<EmsDriver> {
  const ems = sunSpecEms({ host: '127.0.0.1', port, unitId: UNIT, timeoutMs: 2_000 });
  open.unshift(ems);
  return ems;
}

const from = ({ words }: Device, offset: number, count: number): (number | undefined)[] =>
  Array.from({ length: count }, (_, index) => words.get(AT + offset + index));

it('a target stands in tenths of a watt, fed in positive, and lapses after 16 minutes', async () => {
  const box = await device();
  await emsAt(box).apply({ powerW: 1_500, reactiveVar: null });
  // WSetEna, WSetMod WATTS, WSet -15,000
  expect(from(box, 22, 4)).toEqual([1, 1, 0xffff, 0xc568]);
  // WSetEnaRvrt disabled, WSetRvrtTms 960 s
  expect(from(box, 30, 3)).toEqual([0, 0, 960]);
  expect(box.writes.at(-1)).toBe(22);
  // Nothing was said of reactive power.
  expect(from(box, 35, 1)).toEqual([0]);
});

it('reactive power in tens of vars; each let go by itself, and both', async () => {
  const box = await device();
  const ems = emsAt(box);
  await ems.apply({ powerW: -100, reactiveVar: -250 });
  expect(from(box, 22, 4)).toEqual([1, 1, 0, 1_000]);
  // VarSetMod VARS
  expect(from(box, 35, 2)).toEqual([1, 4]);
  expect(from(box, 38, 2)).toEqual([0, 25]);
  await ems.apply({ powerW: null, reactiveVar: -250 });
  expect([from(box, 22, 1), from(box, 35, 1)]).toEqual([[0], [1]]);
  await ems.apply(FREE);
  expect([from(box, 22, 1), from(box, 35, 1)]).toEqual([[0], [0]]);
});

it('is renewed by the same target again, and moves nothing when it is told ahead', async () => {
  const box = await device();
  const ems = emsAt(box);
  const target = { powerW: 500, reactiveVar: null };
  await ems.accept({ startMs: 0, targets: [target, FREE] });
  expect(box.writes).toEqual([]);
  await ems.apply(target);
  const { length } = box.writes;
  await ems.apply(target);
  expect(box.writes).toHaveLength(2 * length);
});

it.each<[string, Record<number, number>, string]>([
  ['no SunSpec map', { [BASE]: 0 }, 'it has no SunSpec map'],
  ['another model only', { [AT]: 0xffff }, 'it speaks SunSpec and has no model 704'],
  ['a control it does not implement', { [AT + 55]: 0x8000 }, 'it does not implement the control'],
  ['a scale factor that is none', { [AT + 55]: 11 }, 'its scale factor 11 is none'],
  ['steps too small', { [AT + 55]: 0xfff6 }, '500 is more than it can be told'],
])('refuses a device with %s, by its address', async (_, change, reason) => {
  const box = await device(change);
  const target = { powerW: 500, reactiveVar: null };
  const told = `the EMS at 127.0.0.1:${box.port}, unit 3: ${reason}`;
  await expect(emsAt(box).accept({ startMs: 0, targets: [target] })).rejects.toThrow(told);
  await expect(emsAt(box).apply(target)).rejects.toThrow(told);
  expect(box.writes).toEqual([]);
});

it('does not believe a device that takes a setpoint and holds another', async () => {
  const box = await device();
  box.isDeaf = true;
  await expect(emsAt(box).apply({ powerW: 500, reactiveVar: null })).rejects.toThrow(
    'it took the setpoint and does not hold it',
  );
});

it('says that nobody is there, and finds the device when it is back', async () => {
  const box = await device();
  const ems = emsAt(box);
  await ems.apply({ powerW: 500, reactiveVar: null });
  await box.close();
  await expect(ems.apply(FREE)).rejects.toThrow(`the EMS at 127.0.0.1:${box.port}`);
  const again = await device({}, box.port);
  await ems.apply({ powerW: 500, reactiveVar: null });
  expect(from(again, 22, 1)).toEqual([1]);
});
