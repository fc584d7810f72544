/** A simulated EMS that speaks SunSpec on real Modbus TCP: model 704, with its reversion timers. */
import { SUNSPEC_704, type SunSpecControl } from '../ems/sunspec-704';
import { type EmsTarget, FREE } from '../ems/ems-driver';
import { ILLEGAL_ADDRESS, type ModbusServer, startModbusServer } from './modbus-server';

export interface SunSpecEmsServerOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly unitId: number;
  /** Told whenever what the plant is to follow has changed. */
  readonly onTarget: (target: EmsTarget) => void;
}

const BASE = 40_000;
const MARK = [0x5375, 0x6e53];
const END_OF_MODELS = [0xffff, 0];
const LENGTH_704 = 65;
/** "Common": who made it; four names of 16 registers, one of 8. */
const COMMON = { model: 1, length: 66, manufacturer: 2, device: 18, nameWords: 16 };
const AT_COMMON = BASE + MARK.length;
const AT_704 = AT_COMMON + 2 + COMMON.length;
/** Ten to the power of this is the step of a setpoint: tenths. */
const SCALE_FACTOR = -1;

/** Starts the device on loopback, its plant free. @throws Error naming the port when it cannot listen there */
export async function startSunSpecEmsServer(
  options: SunSpecEmsServerOptions,
): Promise<ModbusServer> {
  const { onTarget } = options;
  const words = registerImage();
  let followed = FREE;
  const reverting = new Map<SunSpecControl, NodeJS.Timeout>();

  const wordAt = (address: number): number => {
    const word = words.get(address);
    if (word === undefined) throw ILLEGAL_ADDRESS;
    return word;
  };
  const doubleAt = (address: number): number =>
    ((wordAt(address) << 16) | wordAt(address + 1)) >>> 0;
  /** Fed in is positive at the device, withdrawn is positive here. */
  const targetOf = ({ enable, setpoint }: SunSpecControl): number | null =>
    wordAt(AT_704 + enable) === 1
      ? Math.round(-(doubleAt(AT_704 + setpoint) | 0) * 10 ** SCALE_FACTOR) + 0
      : null;

  const follow = (): void => {
    const target = {
      powerW: targetOf(SUNSPEC_704.power),
      reactiveVar: targetOf(SUNSPEC_704.reactive),
    };
    if (target.powerW === followed.powerW && target.reactiveVar === followed.reactiveVar) return;
    followed = target;
    onTarget(target);
  };
  /** A control that is enabled again lives on for its reversion time; 0 is for ever. */
  const renew = (control: SunSpecControl): void => {
    clearTimeout(reverting.get(control));
    const reversionS = doubleAt(AT_704 + control.reversionTime);
    if (wordAt(AT_704 + control.enable) !== 1 || reversionS === 0) return;
    const revert = (): void => {
      words.set(AT_704 + control.enable, wordAt(AT_704 + control.afterReversion));
      follow();
    };
    reverting.set(control, setTimeout(revert, reversionS * 1_000).unref());
  };

  const server = await startModbusServer(
    {
      getHoldingRegister: wordAt,
      getMultipleHoldingRegisters: (address: number, length: number) =>
        Array.from({ length }, (_, index) => wordAt(address + index)),
      setRegister: (address: number, word: number) => {
        wordAt(address);
        words.set(address, word);
        for (const control of [SUNSPEC_704.power, SUNSPEC_704.reactive]) {
          if (address === AT_704 + control.enable) renew(control);
        }
        follow();
      },
    },
    options,
  );
  return {
    ...server,
    async close() {
      for (const timer of reverting.values()) clearTimeout(timer);
      await server.close();
    },
  };
}

function registerImage(): Map<number, number> {
  const words = new Map<number, number>();
  const put = (at: number, ...list: number[]): void =>
    list.forEach((word, index) => words.set(at + index, word));
  const putText = (at: number, text: string): void => {
    const bytes = Buffer.alloc(2 * COMMON.nameWords);
    bytes.write(text, 'latin1');
    put(at, ...Array.from({ length: COMMON.nameWords }, (_, i) => bytes.readUInt16BE(2 * i)));
  };
  put(BASE, ...MARK, COMMON.model, COMMON.length, ...Array<number>(COMMON.length).fill(0));
  putText(AT_COMMON + COMMON.manufacturer, 'Flexledger');
  putText(AT_COMMON + COMMON.device, 'Simulated EMS');
  put(AT_704, SUNSPEC_704.model, LENGTH_704, ...Array<number>(LENGTH_704).fill(0));
  put(AT_704 + 2 + LENGTH_704, ...END_OF_MODELS);
  for (const { scaleFactor } of [SUNSPEC_704.power, SUNSPEC_704.reactive]) {
    put(AT_704 + scaleFactor, SCALE_FACTOR & 0xffff);
  }
  return words;
}
