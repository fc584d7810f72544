/** The configuration of a Light Node: one file, `node.yaml`; or what the options of `flexledger node run` come to. */
import { readFileSync } from 'node:fs';
import { POD_ID } from '@flexledger/domain';
import { messageOf, withoutFullStop } from '@flexledger/runtime';
import { EMS_UNITS, type EmsUnit } from '../ems/told-target';
import { BAUD_RATES, PARITIES, type SerialLine } from '../modbus/serial-bus';
import { checkOf, checkedYaml, record } from './checked-yaml';

/** A file, or an option, with which no node can be run; nothing was begun. */
export class NodeConfigUnusable extends Error {
  override readonly name = 'NodeConfigUnusable';
}

/** A meter on Modbus, or one that pushes DLMS. */
export interface MeterConfig {
  /** A name of `edge-node/models`, `sunspec`, a file of registers, `.yaml`; or `dlms`. */
  readonly model: string;
  /** `host:port` of Modbus TCP (502), or a serial line of this machine: `/dev/ttyUSB0`. */
  readonly at: string;
  /** Modbus unit; 1 when absent. */
  readonly unit?: number;
}

/** The energy management system that is told setpoints. */
export interface EmsConfig {
  /** SunSpec 704 at `host:port` or a serial line; REST at `https://...`; MQTT at `mqtts://host/topic`. */
  readonly at: string;
  /** Modbus unit; 1 when absent. */
  readonly unit?: number;
  /** In which it counts, by REST or MQTT; W when absent. */
  readonly power?: EmsUnit;
  /** Of an EMS by REST: a file with its bearer token. */
  readonly tokenFile?: string;
}

/** How a serial line is spoken on; 9600 baud and parity even where it is not said. */
export type LineConfig = Partial<Pick<SerialLine, 'baudRate' | 'parity'>>;

export interface NodeConfig {
  readonly podId: string;
  /** Its own: key, credentials, and what was measured and is not answered yet. */
  readonly folder: string;
  readonly platform: PlatformConfig;
  /** Absent where a simulated plant takes its place. */
  readonly meter?: MeterConfig & { readonly serialNumber: string };
  /** Further meters, tried every minute. */
  readonly otherMeters?: readonly MeterConfig[];
  /** Setpoints are refused in words where absent. */
  readonly ems?: EmsConfig;
  /** By device, as `/dev/ttyUSB0`. */
  readonly serialLines?: Readonly<Record<string, LineConfig>>;
  /** Where the customer's side asks on this machine; nowhere when absent. */
  readonly localPort?: number;
  /** 1 to 10; 0 for never; 10 when absent. */
  readonly powerEverySeconds?: number;
}

/** Where a node enrols. */
export interface PlatformConfig {
  /** REST interface: `https://market.example`. */
  readonly url: string;
  /** A file with the one-time token; once the node has enrolled it is not needed. */
  readonly tokenFile?: string;
  /** REST interfaces of other organisations' platforms that are asked for their time beside it. */
  readonly timeFrom?: readonly string[];
}

const text = { type: 'string', minLength: 1 };
const address = { type: 'string', pattern: '^https?://[^\\s/]+' };
/** Platforms that are asked for their time beside the own one. */
const TIMES_MAX = 8;
const unit = { type: 'integer', minimum: 0, maximum: 255 };
const meter = { model: text, at: text };
const powerEverySeconds = { type: 'integer', minimum: 0, maximum: 10 };

const check = checkOf<NodeConfig>(
  record(
    {
      podId: { type: 'string', pattern: POD_ID.source },
      folder: text,
      platform: record(
        { url: text },
        { tokenFile: text, timeFrom: { type: 'array', items: address, maxItems: TIMES_MAX } },
      ),
    },
    {
      meter: record({ ...meter, serialNumber: text }, { unit }),
      otherMeters: { type: 'array', items: record(meter, { unit }) },
      ems: record({ at: text }, { unit, power: { enum: EMS_UNITS }, tokenFile: text }),
      serialLines: {
        type: 'object',
        additionalProperties: record(
          {},
          { baudRate: { enum: BAUD_RATES }, parity: { enum: PARITIES } },
        ),
      },
      localPort: { type: 'integer', minimum: 0, maximum: 65_535 },
      powerEverySeconds,
    },
  ),
);

/** @throws NodeConfigUnusable naming the file and what is wrong */
export function readNodeConfig(file: string): NodeConfig {
  return inFile(file, (content) => checkedYaml(content, check));
}

/** What a file says, read by `parse`. @throws NodeConfigUnusable naming it and what is wrong */
export function inFile<Value>(file: string, parse: (content: string) => Value): Value {
  try {
    return parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new NodeConfigUnusable(
      `${file} cannot be used: ${withoutFullStop(messageOf(error))}. Correct the file.`,
    );
  }
}

/** A secret that stands in a file of its own. @throws NodeConfigUnusable where it cannot be read or is empty */
export function secretIn(file: string): string {
  return inFile(file, (content) => {
    if (content.trim() === '') throw new Error('it is empty');
    return content.trim();
  });
}
