/** `flexledger node run`: the program of one Light Node, until it is told to end. */
import { UsageError, print, printJson, takeOverSignals, tell } from '@flexledger/command-line';
import {
  type EmsUnit,
  EnrolmentRefused,
  KeyNotRotated,
  LocalPortUnusable,
  type Meter,
  NoAnswer,
  type NodeConfig,
  NodeConfigUnusable,
  NodeFolderUnusable,
  type NodeProgram,
  OutboxDamaged,
  PROBE_EVERY_MS,
  type PlantDevices,
  type SerialLine,
  constantLoad,
  emsOf,
  meterDriverOf,
  meterOf,
  runNode,
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
  const { url, token, folder } = flags;
  try {
    return await runNode({
      podId,
      folder,
      ...(token === undefined ? {} : { invitation: { url, token } }),
      ...plantOf(flags),
      ...(flags.localPort === undefined ? {} : { localPort: flags.localPort }),
      otherMeters: flags.otherMeter.map((text) => otherMeterOf(text, flags)),
      probeEveryMs: PROBE_EVERY_MS,
      ...(flags.powerEvery > 0 && { powerEveryMs: flags.powerEvery * 1_000 }),
      clock: wallClock,
      timers,
      onProblem: tell,
    });
  } catch (error) {
    throw unusable(error, url);
  }
}

/** @throws NodeConfigUnusable, UsageError */
function plantOf(flags: RunFlags): PlantDevices {
  const { model, meter, unit, serial, simulate, ems, emsUnit, emsPower, emsToken } = flags;
  const driver = emsOf(
    ems === undefined
      ? undefined
      : {
          at: ems,
          unit: emsUnit,
          power: emsPower,
          ...(emsToken !== undefined && { token: emsToken }),
        },
    linesOf(flags),
  );
  if (simulate !== undefined) {
    const meterSerialNumber = serial ?? 'SIMULATED';
    const load = constantLoad(simulate, wallClock);
    return { meter: load, meterDriver: 'simulated', meterSerialNumber, ems: driver };
  }
  if (model === undefined || meter === undefined || serial === undefined) {
    throw new UsageError(
      'Say which meter it reads, with --model, --meter and --serial, or try it without one: --simulate 500.',
    );
  }
  const read = { model, at: meter, unit };
  return {
    meter: meterOf(read, linesOf(flags)),
    meterDriver: meterDriverOf(read),
    meterSerialNumber: serial,
    ems: driver,
  };
}

/** @throws NodeConfigUnusable, UsageError */
function otherMeterOf(
  text: string,
  flags: RunFlags,
): { readonly name: string; readonly meter: Meter } {
  const [, model, at, unit = '1'] = /^([^@]+)@([^#]+)(?:#(\d{1,3}))?$/.exec(text) ?? [];
  if (model === undefined || at === undefined || Number(unit) > 255) {
    throw new UsageError(`--other-meter: "${text}" is not like abb-b23@192.168.1.21:502#7.`);
  }
  return { name: at, meter: meterOf({ model, at, unit: Number(unit) }, linesOf(flags)) };
}

/** All serial lines of a command are spoken on alike. */
function linesOf({ meter, ems, otherMeter, baud, parity }: RunFlags): NodeConfig['serialLines'] {
  const places = [meter, ems, ...otherMeter.map((text) => text.replace(/^[^@]+@|#\d+$/g, ''))];
  const baudRate = Number(baud) as SerialLine['baudRate'];
  return Object.fromEntries(
    places.flatMap((at) => (at === undefined ? [] : [[at, { baudRate, parity }]])),
  );
}

/** What a user of a node's program can make good, as a UsageError; else the error itself. */
export function unusable(error: unknown, url: string): unknown {
  const isKnown = [
    EnrolmentRefused,
    KeyNotRotated,
    LocalPortUnusable,
    NodeConfigUnusable,
    NodeFolderUnusable,
    OutboxDamaged,
  ].some((kind) => error instanceof kind);
  if (isKnown) return new UsageError(messageOf(error));
  if (!(error instanceof NoAnswer)) return error;
  return new UsageError(
    `The platform at ${url} does not answer (${messageOf(error.cause)}); see that it runs, name its address with --url, and ` +
      'start the same command again.',
  );
}
