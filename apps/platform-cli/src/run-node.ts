/** `flexledger node run`: the program of one Light Node, until it is told to end. */
import { UsageError, print, printJson, takeOverSignals, tell } from '@flexledger/command-line';
import {
  type EmsUnit,
  type MeterConfig,
  NoAnswer,
  type NodeConfig,
  type NodeProgram,
  type PlantDevices,
  type SerialLine,
  constantLoad,
  isUnusable,
  runConfigured,
} from '@flexledger/edge-node';
import { WallTimers, messageOf, wallClock } from '@flexledger/runtime';

/** Flags of `flexledger node run`. */
export interface RunFlags {
  readonly url: string;
  readonly token?: string;
  /** Model, address and serial number of a meter; absent with `simulate`. */
  readonly model?: string;
  readonly meter?: string;
  readonly unit: number;
  readonly serial?: string;
  readonly simulate?: number;
  /** Where the EMS is told of setpoints; nobody moves the plant where absent. */
  readonly ems?: string;
  readonly emsUnit: number;
  readonly emsPower: EmsUnit;
  readonly emsToken?: string;
  /** Of serial lines. */
  readonly baud: string;
  readonly parity: SerialLine['parity'];
  /** Where the customer's side asks on this machine. */
  readonly localPort?: number;
  /** Further meters, `MODEL@WHERE#UNIT` each. */
  readonly otherMeter: readonly string[];
  /** Seconds between two words of the active power; 0 for none. */
  readonly powerEvery: number;
  readonly folder: string;
  readonly json: boolean;
}

/**
 * Enrols where the token is new, and measures from then on.
 *
 * @throws UsageError when the meter, the folder or the token cannot be used, or nobody answers
 */
export async function runLightNode(podId: string, flags: RunFlags): Promise<void> {
  const timers = new WallTimers((name, error) => tell(`${name}: ${messageOf(error)}`));
  const ended = new Promise<void>((resolve) => takeOverSignals(resolve));
  const program = await started(podId, flags, timers);
  const { node, broker, hasEnrolled } = program;
  const { host, port } = broker;
  const say = flags.json ? (): void => {} : print;
  say(`The node of PoD ${podId} ${hasEnrolled ? 'has enrolled' : 'starts'}.`);
  node.ready.then(
    () => {
      if (flags.json) printJson({ podId, hasEnrolled, broker: { host, port } });
      say(`It is connected to the broker at ${host}:${port}.`);
    },
    (error: unknown) => tell(messageOf(error)),
  );
  await ended;
  timers.close();
  await program.close();
}

async function started(podId: string, flags: RunFlags, timers: WallTimers): Promise<NodeProgram> {
  const { url, token, emsToken, simulate, serial } = flags;
  const plant = simulate === undefined ? undefined : simulatedPlant(simulate, serial);
  try {
    return await runConfigured(configOf(podId, flags), {
      timers,
      onProblem: tell,
      ...(plant && { plant }),
      ...(token !== undefined && { token }),
      ...(emsToken !== undefined && { emsToken }),
    });
  } catch (error) {
    throw unusable(error, url);
  }
}

function simulatedPlant(watts: number, serial = 'SIMULATED'): PlantDevices {
  const meter = constantLoad(watts, wallClock);
  return { meter, meterDriver: 'simulated', meterSerialNumber: serial };
}

/** What `node.yaml` would say. @throws UsageError */
function configOf(podId: string, flags: RunFlags): NodeConfig {
  const { url, folder, ems, emsUnit, emsPower, otherMeter, localPort, powerEvery } = flags;
  const meter = meterOf(flags);
  return {
    podId,
    folder,
    platform: { url },
    ...(meter && { meter }),
    otherMeters: otherMeter.map(otherMeterOf),
    ...(ems !== undefined && { ems: { at: ems, unit: emsUnit, power: emsPower } }),
    serialLines: linesOf(flags),
    ...(localPort !== undefined && { localPort }),
    powerEverySeconds: powerEvery,
  };
}

/** None where it is simulated. @throws UsageError */
function meterOf({ model, meter, unit, serial, simulate }: RunFlags): NodeConfig['meter'] {
  if (simulate !== undefined) return undefined;
  if (model === undefined || meter === undefined || serial === undefined) {
    throw new UsageError(
      'Say which meter it reads, with --model, --meter and --serial, or try it without one: --simulate 500.',
    );
  }
  return { model, at: meter, unit, serialNumber: serial };
}

/** @throws UsageError */
function otherMeterOf(text: string): MeterConfig {
  const [, model, at, unit = '1'] = /^([^@]+)@([^#]+)(?:#(\d{1,3}))?$/.exec(text) ?? [];
  if (model === undefined || at === undefined || Number(unit) > 255) {
    throw new UsageError(`--other-meter: "${text}" is not like abb-b23@192.168.1.21:502#7.`);
  }
  return { model, at, unit: Number(unit) };
}

/** All serial lines of a command are spoken on alike. */
function linesOf({
  meter,
  ems,
  otherMeter,
  baud,
  parity,
}: RunFlags): NonNullable<NodeConfig['serialLines']> {
  const places = [meter, ems, ...otherMeter.map((text) => text.replace(/^[^@]+@|#\d+$/g, ''))];
  const baudRate = Number(baud) as SerialLine['baudRate'];
  return Object.fromEntries(
    places.flatMap((at) => (at === undefined ? [] : [[at, { baudRate, parity }]])),
  );
}

/** What a user of a node's program can make good, as a UsageError; else the error itself. */
export function unusable(error: unknown, url: string): unknown {
  if (error instanceof NoAnswer) {
    return new UsageError(
      `The platform at ${url} does not answer (${messageOf(error.cause)}); see that it runs, name its address with --url, and ` +
        'start the same command again.',
    );
  }
  return isUnusable(error) ? new UsageError(error.message) : error;
}
