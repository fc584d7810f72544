/** The meters and the EMS that a configuration names. */
import { readFileSync } from 'node:fs';
import { messageOf, wallClock } from '@flexledger/runtime';
import type { EmsDriver } from '../ems/ems-driver';
import { mqttEms } from '../ems/mqtt-ems';
import { restEms } from '../ems/rest-ems';
import { sunSpecEms } from '../ems/sunspec-ems';
import type { Meter } from '../meters/meter';
import { loadMeterModel, parseMeterModel } from '../meters/meter-model';
import { modbusMeter } from '../meters/modbus-meter';
import { pushedMeter } from '../meters/pushed-meter';
import { sunSpecMeter } from '../meters/sunspec-meter';
import type { ModbusAddress } from '../modbus/modbus-link';
import { noEms } from '../program/run-node';
import {
  type EmsConfig,
  type MeterConfig,
  type NodeConfig,
  NodeConfigUnusable,
} from './node-config';

/** As a meter's model: it tells itself where its registers are. */
const SUNSPEC = 'sunspec';
/** As a meter's model: it pushes DLMS by itself. */
const DLMS = 'dlms';
/** Such a meter pushes every 10 s at most. */
const PUSH_TIMEOUT_MS = 11_000;
const MODBUS_PORT = 502;
const MODBUS_TIMEOUT_MS = 5_000;
const EMS_TIMEOUT_MS = 10_000;

type Lines = NodeConfig['serialLines'];

/** How a meter is read, as an enrolment tells it. */
export function meterDriverOf({
  at,
  model,
}: Pick<MeterConfig, 'at' | 'model'>): 'dlmsPush' | 'modbusRtu' | 'modbusTcp' {
  if (model === DLMS) return 'dlmsPush';
  return isLine(at) ? 'modbusRtu' : 'modbusTcp';
}

/** Nothing is dialled before it is read; one that pushes is listened to at once. @throws NodeConfigUnusable naming what is wrong */
export function meterOf({ model, at, unit }: MeterConfig, lines: Lines): Meter {
  return madeUsable('meter', () => {
    const address = modbusAddress(at, unit, lines);
    if (model === DLMS) {
      const from = 'line' in address ? { file: at } : { host: address.host, port: address.port };
      return pushedMeter({ from, clock: wallClock, timeoutMs: PUSH_TIMEOUT_MS });
    }
    if (model === SUNSPEC) return sunSpecMeter(address);
    const known = model.endsWith('.yaml')
      ? parseMeterModel(readFileSync(model, 'utf8'), model)
      : loadMeterModel(model);
    return modbusMeter({ model: known, ...address });
  });
}

/** An EMS and, by REST, its bearer token. */
export type EmsPlace = Omit<EmsConfig, 'tokenFile'> & { readonly token?: string };

/** One that refuses where none is named. @throws NodeConfigUnusable naming what is wrong */
export function emsOf(ems: EmsPlace | undefined, lines: Lines): EmsDriver {
  if (ems === undefined) return noEms;
  const { at, unit, power = 'W', token } = ems;
  const told = { unit: power, timeoutMs: EMS_TIMEOUT_MS, clock: wallClock };
  return madeUsable('ems', () => {
    if (/^https?:\/\//.test(at)) {
      return restEms({ url: at, ...told, ...(token !== undefined && { token }) });
    }
    if (!/^mqtts?:\/\//.test(at)) return sunSpecEms(modbusAddress(at, unit, lines));
    const [, url, topic] = /^(\w+:\/\/[^/\s]+)\/([^\s#+]+)$/.exec(at) ?? [];
    if (url !== undefined && topic !== undefined) return mqttEms({ url, topic, ...told });
    throw new Error('an address by MQTT ends with its topic: mqtts://host:8883/plant');
  });
}

const isLine = (at: string): boolean => at.startsWith('/');

/** @throws Error where it is no address */
function modbusAddress(at: string, unitId = 1, lines: Lines = {}): ModbusAddress {
  const device = { unitId, timeoutMs: MODBUS_TIMEOUT_MS };
  if (isLine(at)) {
    const { baudRate = 9_600, parity = 'even' } = lines[at] ?? {};
    return { line: { device: at, baudRate, parity }, ...device };
  }
  const [, host, port] = /^(\[[^\]]+\]|[^:\s]+)(?::(\d{1,5}))?$/.exec(at) ?? [];
  if (host === undefined || Number(port ?? 0) > 65_535) {
    throw new Error(`"${at}" is no address like 192.168.1.20:502`);
  }
  return {
    host: host.replaceAll(/[[\]]/g, ''),
    port: port === undefined ? MODBUS_PORT : Number(port),
    ...device,
  };
}

function madeUsable<Made>(what: string, make: () => Made): Made {
  try {
    return make();
  } catch (error) {
    throw new NodeConfigUnusable(`${what}: ${messageOf(error)}`, { cause: error });
  }
}
