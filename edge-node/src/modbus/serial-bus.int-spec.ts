/**
 * Modbus RTU over a serial line: a pair of pseudo-terminals, the node on one end, a device of the library's own
 * on the other. Left out by name where there are none.
 */
import { ServerSerial } from 'modbus-serial';
import { SUNSPEC_704 } from '../ems/sunspec-704';
import { sunSpecEms } from '../ems/sunspec-ems';
import { loadMeterModel } from '../meters/meter-model';
import { modbusMeter } from '../meters/modbus-meter';
import { type SerialPair, lacksForSerial, openSerialPair } from '../testing/serial-pair';
import type { SerialLine } from './serial-bus';

const SUNSPEC_BASE = 40_000;
const SUNSPEC_AT = SUNSPEC_BASE + 2;
const lacks = lacksForSerial();
const withSerial = lacks === undefined ? describe : describe.skip;

/** By unit: 1,234,560 Wh and 20 Wh withdrawn, all else 0, as the manual of the iEM3155 has them. */
const REGISTERS: Record<number, Record<number, number>> = {
  7: { 3205: 0x0012, 3206: 0xd680 },
  8: { 3206: 20 },
};

withSerial(`a serial line${lacks === undefined ? '' : ` (left out: ${lacks})`}`, () => {
  let pair: SerialPair;
  let device: ServerSerial;
  let asked: number[];
  /** How long its next answers take. */
  let answerMs: number[];
  /** Holding registers of the EMS, unit 5. */
  let emsWords: Map<number, number>;
  const open: { close(): Promise<void> }[] = [];

  beforeEach(async () => {
    asked = [];
    answerMs = [];
    emsWords = new Map<number, number>();
    const put = (at: number, ...words: number[]) =>
      words.forEach((word, index) => emsWords.set(at + index, word));
    put(SUNSPEC_BASE, 0x5375, 0x6e53);
    put(SUNSPEC_AT, 704, 65, ...Array<number>(65).fill(0), 0xffff, 0);
    put(SUNSPEC_AT + SUNSPEC_704.power.scaleFactor, 0xffff);
    pair = await openSerialPair();
    device = new ServerSerial(
      {
        getMultipleHoldingRegisters: (
          address: number,
          length: number,
          unit: number,
          answer: (error: Error | null, words: number[]) => void,
        ) => {
          asked.push(unit);
          const held = (at: number): number | undefined =>
            unit === 5 ? emsWords.get(at) : REGISTERS[unit]?.[at];
          const words = Array.from({ length }, (_, at) => held(address + at) ?? 0);
          setTimeout(() => answer(null, words), answerMs.shift() ?? 0);
        },
        setRegister: (address: number, word: number) => void emsWords.set(address, word),
        getHoldingRegister: (address: number) => emsWords.get(address) ?? 0,
      },
      { path: pair.far, baudRate: 19_200, unitID: 255 },
    );
    await new Promise<void>((resolve) => device.on('initialized', () => resolve()));
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((meter) => meter.close()));
    await new Promise<void>((resolve) => device.close(() => resolve()));
    await pair.close();
  });

  const meterOn = (unitId: number, settings: Partial<SerialLine> = {}, timeoutMs = 2_000) => {
    const line: SerialLine = { device: pair.near, baudRate: 19_200, parity: 'even', ...settings };
    const model = loadMeterModel('schneider-iem3155');
    const meter = modbusMeter({ model, line, unitId, timeoutMs });
    open.push(meter);
    return meter;
  };

  it('is shared by several meters, one asked at a time', async () => {
    const [one, other] = [meterOn(7), meterOn(8)];
    const readings = await Promise.all([one.read(), other.read()]);
    expect(readings.map(({ withdrawnTotalWh }) => withdrawnTotalWh)).toEqual([1_234_560, 20]);
    expect(asked).toEqual([...Array<number>(5).fill(7), ...Array<number>(5).fill(8)]);
  });

  it('is shared by a meter and an EMS, which is told by SunSpec', async () => {
    const line: SerialLine = { device: pair.near, baudRate: 19_200, parity: 'even' };
    const ems = sunSpecEms({ line, unitId: 5, timeoutMs: 2_000 });
    open.push(ems);
    const [, reading] = await Promise.all([
      ems.apply({ powerW: -1_500, reactiveVar: null }),
      meterOn(7).read(),
    ]);
    expect(reading.withdrawnTotalWh).toBe(1_234_560);
    // WSet, in tenths of a watt and fed in as positive, and its reversion time.
    const at = SUNSPEC_AT + SUNSPEC_704.power.setpoint;
    expect([emsWords.get(at), emsWords.get(at + 1)]).toEqual([0, 15_000]);
    expect(emsWords.get(SUNSPEC_AT + SUNSPEC_704.power.enable)).toBe(1);
  });

  it('that loses bytes gives no reading, and the next one is right again', async () => {
    const meter = meterOn(7, {}, 300);
    expect(await meter.read()).toMatchObject({ withdrawnTotalWh: 1_234_560 });
    pair.lose(3);
    await expect(meter.read()).rejects.toThrow(`at ${pair.near}, unit 7, cannot be read`);
    expect(await meter.read()).toMatchObject({ withdrawnTotalWh: 1_234_560 });
  });

  it('on which a meter answers late: what it says then is no answer to the next question', async () => {
    const meter = meterOn(7, {}, 300);
    answerMs = [400, 40, 40, 40, 40, 40];
    await expect(meter.read()).rejects.toThrow('Timed out');
    // Each answer takes a while, so that the late one would come among them.
    expect(await meter.read()).toMatchObject({ withdrawnTotalWh: 1_234_560, injectedTotalWh: 0 });
    expect(await meter.read()).toMatchObject({ withdrawnTotalWh: 1_234_560, injectedTotalWh: 0 });
  });

  it('is spoken to in one way by all', () => {
    meterOn(7);
    expect(() => meterOn(8, { baudRate: 9_600 })).toThrow('is used at 19200 baud, parity even');
  });

  it('that is not there is told by its name', async () => {
    const meter = meterOn(7, { device: '/dev/no-such-line' });
    await expect(meter.read()).rejects.toThrow('/dev/no-such-line');
  });
});
