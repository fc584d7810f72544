/**
 * The organisations of a simulated day, as `examples/` has them: market operator, DSO, TSO, an aggregator for each of
 * the day's, access layer and regulator. Each has a configuration, a data folder, a log and keys of its own;
 * the secrets of the clients that they give each other are handed over here, as people do it between machines.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type KafkaSettings, topicsOf } from '@flexledger/kafka-publisher';
import { freePorts } from '@flexledger/runtime';
import { clientIdOf, readClientSecret, repositoryRoot } from '@flexledger/service-kit';
import type { Config, MirrorSetting, PartialConfig } from '../../config/config';
import { loadConfig } from '../../config/load-config';
import type { ShownTo } from './messages';
import { startOrganisation } from './organisation';
import { type Wire, layWire } from './wire';

/** Whom a day has, before any of them is started. */
export interface OrganisationSetting {
  /** `market-operator`, `aggregator-AGG1`; its data folder's name too. */
  readonly name: string;
  /** Under which name others follow it. */
  readonly mirrorName: string;
  readonly config: Config;
}

/** Who gives a client of which party to whom: `[giver, party, taker]`. */
export type HandOver = readonly [giver: string, party: string, taker: string];

export interface OrganisationsOptions {
  /** Holds their folders, configurations and secrets. */
  readonly folder: string;
  readonly aggregatorIds: readonly string[];
  /** Customers sign their agreements at the market. */
  readonly podIds: readonly string[];
  readonly rules: string;
  readonly grid: string;
  /** Whose wire to the market can be cut; all others reach it directly. */
  readonly cuttable?: string;
  /** Where measurements go from the access layer to the market; by HTTP, as all else, when absent. */
  readonly topics?: MeasurementTopics;
  readonly nowMs: () => number;
  readonly onProblem: (problem: string) => void;
}

/** A Kafka by which the market has the measurements of the access layer, and nothing else of it. */
export interface MeasurementTopics {
  /** How the access layer reaches it, which publishes there. */
  readonly publisher: KafkaSettings;
  /** How the market does, which reads its topic. */
  readonly reader: KafkaSettings;
}

export interface Organisations {
  readonly settings: readonly OrganisationSetting[];
  /** What each of them was given by others, and is audited by. */
  readonly followed: readonly { readonly taker: string; readonly giver: string }[];
  /** Where one answers, without a path. */
  urlOf(name: string): string;
  /** Between the market and `cuttable`, in both directions. */
  readonly wires: readonly Wire[];
}

export const MARKET = 'market-operator';
export const ACCESS_LAYER = 'access-layer';
const REGULATOR = 'regulator';
/** Ports as `examples/` has them, by whom they belong to. */
const PORTS: Readonly<Record<string, string>> = {
  '8101': MARKET,
  '8102': 'dso',
  '8103': 'tso',
  '8104': 'aggregator',
  '8105': REGULATOR,
  '8106': ACCESS_LAYER,
  '8141': 'chain',
  '8146': 'broker',
};
/** A day goes by in minutes: two hours of its clock between two checkpoints. */
const SEAL_EVERY_SECONDS = 7_200;

export const aggregatorName = (aggregatorId: string): string => `aggregator-${aggregatorId}`;

/** As whom the market reads its topic. */
const READER_OF_TOPIC = 'platform:market';

/** To whom what a mirror follows is shown: by topics only what they hold. */
export function shownTo({ party, kafka }: MirrorSetting): ShownTo {
  if (!kafka) return { party };
  const topics = topicsOf([]).filter(({ name }) => kafka.topics.includes(name));
  return { party, types: topics.flatMap(({ types }) => types) };
}

/** All of them, in the order in which they are named. */
export function organisationNames(aggregatorIds: readonly string[]): string[] {
  return [MARKET, ACCESS_LAYER, 'dso', 'tso', ...aggregatorIds.map(aggregatorName), REGULATOR];
}

/** Whose clients the others need. */
function handOvers(aggregatorIds: readonly string[]): HandOver[] {
  return [
    [MARKET, 'dso', 'dso'],
    [MARKET, 'dso', ACCESS_LAYER],
    [MARKET, 'tso', 'tso'],
    ...aggregatorIds.map((id) => [MARKET, `aggregator:${id}`, aggregatorName(id)] as const),
    [MARKET, 'auditor', REGULATOR],
    ['dso', 'operator', MARKET],
    [ACCESS_LAYER, 'operator', MARKET],
    [ACCESS_LAYER, 'dso', 'dso'],
  ];
}

/** Writes their configurations, makes their first accounts and hands the secrets over. */
export async function makeOrganisations(options: OrganisationsOptions): Promise<Organisations> {
  const { folder, aggregatorIds, cuttable } = options;
  mkdirSync(path.join(folder, 'secrets'), { recursive: true, mode: 0o700 });
  const names = organisationNames(aggregatorIds);
  const free = await freePorts(names.length + 2);
  const ports = new Map([...names, 'chain', 'broker'].map((name, index) => [name, free[index]!]));
  const urlOf = (name: string): string => `http://127.0.0.1:${ports.get(name)!}`;
  const toMarket = cuttable === undefined ? undefined : await layWire(urlOf(MARKET));
  const fromMarket = cuttable === undefined ? undefined : await layWire(urlOf(cuttable));
  /** What a port of an example is for one of them. */
  const portOf = (name: string, port: string): string => {
    const of = PORTS[port]!;
    if (of === 'aggregator') return String(ports.get(name)!);
    if (name === cuttable && of === MARKET) return new URL(toMarket!.url).port;
    if (name === MARKET && of === cuttable) return new URL(fromMarket!.url).port;
    return String(ports.get(of)!);
  };
  const settings = names.map((name) => settingOf(name, options, (port) => portOf(name, port)));
  const given = handOvers(aggregatorIds);
  for (const giver of new Set(given.map(([name]) => name))) {
    await makeClients(
      settings.find(({ name }) => name === giver)!,
      options,
    );
  }
  for (const [giver, party] of given) secretOf(folder, giver, party);
  return {
    settings,
    followed: given.map(([giver, , taker]) => ({ taker, giver })),
    urlOf,
    wires: [toMarket, fromMarket].filter((wire) => wire !== undefined),
  };
}

/** The file of a secret that one gave to a party, handed over where it is not yet. */
export function secretOf(folder: string, giver: string, party: string): string {
  const clientId = clientIdOf(party);
  const secret = readClientSecret(path.join(folder, giver), clientId);
  return handOver(folder, `${clientId}-at-${giver}`, secret);
}

/** What the access layer wrote for the DSO's user at its broker. */
export function handOverBroker(folder: string): void {
  const file = path.join(folder, ACCESS_LAYER, 'carrier-secrets.json');
  const { dso } = JSON.parse(readFileSync(file, 'utf8')) as { readonly dso: string };
  handOver(folder, 'dso-at-broker', dso);
}

function handOver(folder: string, name: string, secret: string): string {
  const file = path.join(folder, 'secrets', name);
  if (!existsSync(file)) writeFileSync(file, `${secret}\n`, { mode: 0o600 });
  return file;
}

function settingOf(
  name: string,
  { folder, aggregatorIds, podIds, rules, grid, topics }: OrganisationsOptions,
  portOf: (port: string) => string,
): OrganisationSetting {
  const [, aggregatorId] = /^aggregator-(.+)$/.exec(name) ?? [];
  const example = aggregatorId === undefined ? name : 'aggregator';
  const text = readFileSync(path.join(repositoryRoot(), 'examples', `${example}.yaml`), 'utf8')
    .replaceAll(/\b81\d\d\b/g, portOf)
    .replaceAll('AGG1', aggregatorId ?? 'AGG1')
    .replaceAll(/^(dataDir|instance): aggregator$/gm, `$1: ${name}`);
  const file = path.join(folder, `${name}.yaml`);
  writeFileSync(file, text);
  const aggregators = aggregatorIds.map((id) => `aggregator:${id}`);
  const customers = name === MARKET ? podIds.map((podId) => `customer:${podId}`) : [];
  const flags: PartialConfig = {
    clients: [...aggregators, ...customers],
    dso: { grid },
    market: { rules },
    certifier: { sealEverySeconds: SEAL_EVERY_SECONDS },
  };
  const config = overTopics(name, loadConfig({ file, flags }), topics);
  return { name, mirrorName: name === MARKET ? 'market' : name, config };
}

/** The market hears of the access layer by its topic alone. */
function overTopics(name: string, config: Config, topics: MeasurementTopics | undefined): Config {
  if (topics && name === ACCESS_LAYER) {
    return { ...config, kafka: { topicPrefix: '', ...topics.publisher } };
  }
  if (!topics || name !== MARKET) return config;
  const kafka = { ...topics.reader, topics: ['measurements_market'] };
  const mirrors = config.mirrors.map((mirror) =>
    mirror.name === ACCESS_LAYER
      ? { ...mirror, party: READER_OF_TOPIC, clientId: clientIdOf(mirror.party), kafka }
      : mirror,
  );
  return { ...config, mirrors };
}

/** The identity provider alone makes the first clients, before anybody can follow anybody. */
async function makeClients(
  { name, mirrorName, config }: OrganisationSetting,
  { folder, nowMs, onProblem }: OrganisationsOptions,
): Promise<void> {
  const alone: Config = { ...config, platforms: ['identity-provider'], mirrors: [] };
  const started = { name, mirrorName, config: alone, folder, nowMs, onProblem };
  const giver = startOrganisation(started);
  await giver.ask({ kind: 'status', parties: [] });
  await giver.close();
}
