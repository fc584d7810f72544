import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf } from '@flexledger/runtime';
import { checkOf, checkedYaml, record } from '../config/checked-yaml';

/**
 * What is known of a meter model: which Modbus registers hold what. It is data, one YAML file a model
 * in `edge-node/models/`, so a new meter needs no new code.
 */
export interface MeterModel {
  readonly manufacturer: string;
  readonly model: string;
  /** 3 reads holding registers, 4 input registers. */
  readonly functionCode: 3 | 4;
  readonly registers: Readonly<Record<Quantity, Register>>;
  /** A holding register that takes the power asked for at the PoD; `free`, W, stands there where nothing is asked. */
  readonly setpoint?: Register & { readonly free: number };
}

export type Quantity =
  | 'withdrawnTotalWh'
  | 'injectedTotalWh'
  | 'reactiveWithdrawnTotalVarh'
  | 'reactiveInjectedTotalVarh'
  | 'powerW';

export interface Register {
  /** As on the wire, from 0. */
  readonly address: number;
  readonly type: RegisterType;
  /** Which of its 16-bit words comes first on the wire; the high one where absent. */
  readonly firstWord?: 'high' | 'low';
  /** The raw number times this is the quantity in `unit`. */
  readonly scale: number;
  readonly unit: 'Wh' | 'kWh' | 'varh' | 'kvarh' | 'W' | 'kW';
}

/** Numbers as a register may hold them, by kind and width. */
export const REGISTER_TYPES = [
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'float32',
] as const;
export type RegisterType = (typeof REGISTER_TYPES)[number];

/**
 * Reads `edge-node/models/{name}.yaml`.
 *
 * @throws Error naming the models there are, or what is wrong in the file
 */
export function loadMeterModel(name: string): MeterModel {
  const folder = modelsFolder();
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length));
  if (!names.includes(name)) {
    throw new Error(
      `There is no meter model "${name}"; there are ${names.sort().join(', ')}. ` +
        `Choose one of these, or add ${name}.yaml to ${folder}.`,
    );
  }
  const path = join(folder, `${name}.yaml`);
  return parseMeterModel(readFileSync(path, 'utf8'), path);
}

/**
 * A model file's content, checked strictly.
 *
 * @param path where it comes from, for the error
 * @throws Error naming the file and the field
 */
export function parseMeterModel(yaml: string, path: string): MeterModel {
  const refuse = (reason: string): Error =>
    new Error(`The meter model ${path} cannot be used: ${reason}. Correct the file.`);
  try {
    return checkedYaml(yaml, check);
  } catch (error) {
    throw refuse(messageOf(error));
  }
}

const energyUnits = ['Wh', 'kWh'] as const;
const reactiveUnits = ['varh', 'kvarh'] as const;
const powerUnits = ['W', 'kW'] as const;

const registers: Readonly<Record<Quantity, object>> = {
  withdrawnTotalWh: registerIn(energyUnits),
  injectedTotalWh: registerIn(energyUnits),
  reactiveWithdrawnTotalVarh: registerIn(reactiveUnits),
  reactiveInjectedTotalVarh: registerIn(reactiveUnits),
  powerW: registerIn(powerUnits),
};

const check = checkOf<MeterModel>(
  record(
    {
      manufacturer: { type: 'string', minLength: 1 },
      model: { type: 'string', minLength: 1 },
      functionCode: { enum: [3, 4] satisfies MeterModel['functionCode'][] },
      registers: record(registers),
    },
    { setpoint: registerIn(powerUnits, { free: { type: 'number' } }) },
  ),
);

function registerIn(units: readonly Register['unit'][], more: object = {}): object {
  const needed = {
    address: { type: 'integer', minimum: 0, maximum: 0xffff },
    type: { enum: REGISTER_TYPES },
    scale: { type: 'number', exclusiveMinimum: 0 },
    unit: { enum: units },
    ...more,
  };
  return record(needed, { firstWord: { enum: ['high', 'low'] } });
}

/** The models stand beside the sources and are not compiled: looked for upward, from `src` or `dist`. */
function modelsFolder(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const candidate = join(folder, 'edge-node', 'models');
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder)) {
      throw new Error(
        `The meter models (edge-node/models) were not found above ${__dirname}. ` +
          'Run from within the repository.',
      );
    }
  }
}
