/** `flexledger node run`: the program of one Light Node, until it is told to end. */
import {
  UsageError,
  print,
  printJson,
  readTextFile,
  takeOverSignals,
  tell,
} from '@flexledger/command-line';
import {
  type EmsDriver,
  type EmsUnit,
  EnrolmentRefused,
  KeyNotRotated,
  LocalPortUnusable,
  type Meter,
  type MeterModel,
  type ModbusAddress,
  NodeFolderUnusable,
  type NodeProgram,
  type NodeProgramOptions,
  OutboxDamaged,
  type SerialLine,
  constantLoad,
  loadMeterModel,
  modbusMeter,
  mqttEms,
  noEms,
  parseMeterModel,
  restEms,
  runNode,
  sunSpecEms,
  sunSpecMeter,
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

/** As `--model`: the meter tells itself where its registers are. */
const SUNSPEC = 'sunspec';
const MODBUS_PORT = 502;
/** How often what may be wrong is tried. */
const PROBE_EVERY_MS = 60_000;
const MODBUS_TIMEOUT_MS = 5_000;
const EMS_TIMEOUT_MS = 10_000;

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
  const meter = meterOf(flags);
  try {
    return await runNode({
      podId,
      folder,
      ...(token === undefined ? {} : { invitation: { url, token } }),
      ...meter,
      ems: emsOf(flags),
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

type NamedMeter = Pick<NodeProgramOptions, 'meter' | 'meterDriver' | 'meterSerialNumber'>;

/** @throws UsageError */
function meterOf(flags: RunFlags): NamedMeter {
  const { model, meter, unit, serial, simulate } = flags;
  if (simulate !== undefined) {
    const meterSerialNumber = serial ?? 'SIMULATED';
    return {
      meter: constantLoad(simulate, wallClock),
      meterDriver: 'simulated',
      meterSerialNumber,
    };
  }
  if (model === undefined || meter === undefined || serial === undefined) {
    throw new UsageError(
      'Say which meter it reads, with --model, --meter and --serial, or try it without one: --simulate 500.',
    );
  }
  const at = modbusAddress(meter, '--meter', unit, flags);
  return {
    meter: meterAt(model, at),
    meterDriver: 'line' in at ? 'modbusRtu' : 'modbusTcp',
    meterSerialNumber: serial,
  };
}

/** @throws UsageError */
function meterAt(model: string, at: ModbusAddress): Meter {
  return madeUsable(() =>
    model === SUNSPEC ? sunSpecMeter(at) : modbusMeter({ model: modelOf(model), ...at }),
  );
}

/** @throws UsageError */
function otherMeterOf(
  text: string,
  flags: RunFlags,
): { readonly name: string; readonly meter: Meter } {
  const [, model, where, unit = '1'] = /^([^@]+)@([^#]+)(?:#(\d{1,3}))?$/.exec(text) ?? [];
  if (model === undefined || where === undefined || Number(unit) > 255) {
    throw new UsageError(`--other-meter: "${text}" is not like abb-b23@192.168.1.21:502#7.`);
  }
  return {
    name: where,
    meter: meterAt(model, modbusAddress(where, '--other-meter', Number(unit), flags)),
  };
}

/** What a user of a node's program can make good, as a UsageError; else the error itself. */
export function unusable(error: unknown, url: string): unknown {
  const isKnown = [
    EnrolmentRefused,
    KeyNotRotated,
    LocalPortUnusable,
    NodeFolderUnusable,
    OutboxDamaged,
  ].some((kind) => error instanceof kind);
  if (isKnown) return new UsageError(messageOf(error));
  // What fetch says of a connection, or of an address that is none, stands in its cause.
  if (!(error instanceof TypeError)) return error;
  const why = messageOf(error.cause ?? error);
  return new UsageError(
    `The platform at ${url} does not answer (${why}); see that it runs, name its address with --url, and ` +
      'start the same command again.',
  );
}

/** @throws UsageError */
function emsOf(flags: RunFlags): EmsDriver {
  const { ems, emsUnit, emsPower, emsToken } = flags;
  if (ems === undefined) return noEms;
  const told = { unit: emsPower, timeoutMs: EMS_TIMEOUT_MS, clock: wallClock };
  if (/^https?:\/\//.test(ems)) {
    return restEms({ url: ems, ...told, ...(emsToken !== undefined && { token: emsToken }) });
  }
  if (/^mqtts?:\/\//.test(ems)) {
    const [, url, topic] = /^(\w+:\/\/[^/\s]+)\/([^\s#+]+)$/.exec(ems) ?? [];
    if (url === undefined || topic === undefined) {
      throw new UsageError(
        '--ems: an address by MQTT ends with its topic: mqtts://host:8883/plant.',
      );
    }
    return mqttEms({ url, topic, ...told });
  }
  return madeUsable(() => sunSpecEms(modbusAddress(ems, '--ems', emsUnit, flags)));
}

/** A device on Modbus: `host:port`, or a serial line of this machine. @throws UsageError */
function modbusAddress(
  text: string,
  flag: string,
  unitId: number,
  { baud, parity }: RunFlags,
): ModbusAddress {
  const device = { unitId, timeoutMs: MODBUS_TIMEOUT_MS };
  if (!text.startsWith('/')) return { ...addressOf(text, flag), ...device };
  const baudRate = Number(baud) as SerialLine['baudRate'];
  return { line: { device: text, baudRate, parity }, ...device };
}

/** @throws UsageError naming the models there are, or what is wrong in the file */
function modelOf(text: string): MeterModel {
  if (text.endsWith('.yaml')) return madeUsable(() => parseMeterModel(readTextFile(text), text));
  return madeUsable(() => loadMeterModel(text));
}

function madeUsable<Value>(make: () => Value): Value {
  try {
    return make();
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(messageOf(error));
  }
}

/** @throws UsageError */
function addressOf(text: string, flag: string): { readonly host: string; readonly port: number } {
  const [, host, port] = /^(\[[^\]]+\]|[^:\s]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (host === undefined || Number(port ?? 0) > 65_535) {
    throw new UsageError(`${flag}: "${text}" is no address like 192.168.1.20:502.`);
  }
  return {
    host: host.replaceAll(/[[\]]/g, ''),
    port: port === undefined ? MODBUS_PORT : Number(port),
  };
}
