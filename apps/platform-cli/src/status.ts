import { openTokens } from '@flexledger/service-kit';
import path from 'node:path';
import type { ApiClient, Schemas } from '@flexledger/api-client';
import {
  EXIT_CODES,
  UsageError,
  print,
  printJson,
  Refused,
  answered,
  everyPage,
  PLATFORMS,
} from '@flexledger/command-line';
import { messageOf, wallClock } from '@flexledger/runtime';
import { type Instance, runningInstances } from './instance-file';
import { openClient } from './ask-platform';

/** Flags of `flexledger status`. */
export interface StatusFlags {
  readonly data: string;
  readonly url?: string;
  readonly json: boolean;
}

/** How one instance is; what it does not host, or does not tell without a token, is null. */
export interface InstanceStatus extends Instance {
  readonly health: { readonly ok: boolean; readonly detail: string };
  /** Position of the log's last event; null before the first, and where it was not told. */
  readonly head: number | null;
  readonly processors: readonly Schemas['ProcessorHealth'][] | null;
  readonly sessions: {
    readonly open: readonly string[];
    /** The next gate that opens or closes. */
    readonly next: {
      readonly sessionId: string;
      readonly gate: 'opens' | 'closes';
      readonly at: string;
    } | null;
  } | null;
  readonly certifier: {
    readonly checkpoints: number;
    readonly anchored: number;
    /** Age of the oldest checkpoint that no anchor covers yet, seconds; null when each is covered. */
    readonly unanchoredS: number | null;
  } | null;
  /** What should have been told and was not, each with its reason. */
  readonly problems: readonly string[];
}

/**
 * Prints how the running instances are; exit code 1 when none runs or one is not well.
 *
 * @throws UsageError when nothing answers as Flexledger at the address
 */
export async function status({ data, url, json }: StatusFlags): Promise<void> {
  const found = url === undefined ? runningInstances(path.resolve(data)) : [await instanceAt(url)];
  const statuses: InstanceStatus[] = [];
  for (const instance of found) statuses.push(await statusOf(instance, data));
  const ok = statuses.length > 0 && statuses.every(isWell);
  if (json) printJson({ ok, instances: statuses });
  else if (statuses.length > 0) print(statuses.map(textOf).join('\n\n'));
  else print(`No instance runs on ${data}; start one with "flexledger up --data ${data}".`);
  if (!ok) process.exitCode = EXIT_CODES.failed;
}

function isWell({ health, processors, problems }: InstanceStatus): boolean {
  const isHalted = processors?.some(({ status: at }) => at === 'halted') === true;
  return health.ok && !isHalted && problems.length === 0;
}

/** The instance at an address. @throws UsageError when nothing answers there as Flexledger */
async function instanceAt(url: string): Promise<Instance> {
  const base = url.replace(/\/+$/, '');
  if (!/^https?:\/\/[^/]+$/.test(base)) {
    throw new UsageError(
      `--url ${url} is no address of an instance; name the address that "flexledger up" printed.`,
    );
  }
  const { head: _, ...instance } = await answered(openClient(base).GET('/api/v1/instance'));
  return { ...instance, url: base };
}

async function statusOf(instance: Instance, data: string): Promise<InstanceStatus> {
  const { url } = instance;
  if (url === null) {
    const health = { ok: false, detail: 'starting: nothing is served yet' };
    return { ...instance, health, ...NOTHING };
  }
  const token = await tokenFor(url, path.resolve(data));
  const client = openClient(url, token);
  let head: number | null;
  try {
    ({ head } = await answered(client.GET('/api/v1/instance')));
  } catch (error) {
    const health = { ok: false, detail: messageOf(error) };
    return { ...instance, health, ...NOTHING };
  }
  const problems: string[] = [];
  /** Undefined where it is not hosted there, or not for everybody; a failure is told. */
  async function told<Answer>(
    what: string,
    ask: () => Promise<Answer>,
  ): Promise<Answer | undefined> {
    try {
      return await ask();
    } catch (error) {
      const isUntold = error instanceof Refused && [401, 403, 404].includes(error.status);
      if (!isUntold) problems.push(`${what}: ${messageOf(error)}`);
      return undefined;
    }
  }
  const processors = await told('processors', () => answered(client.GET('/api/v1/processors')));
  const sessions = await told('sessions', () => openSessions(client));
  const day = await told('certifier', () => answered(client.GET('/api/v1/status')));
  return {
    ...instance,
    health: await healthOf(client),
    head,
    processors: processors?.items ?? null,
    sessions: sessions ? sessionsOf(sessions) : null,
    certifier: day?.certification ? certifierOf(day.certification) : null,
    problems,
  };
}

const NOTHING = {
  head: null,
  processors: null,
  sessions: null,
  certifier: null,
  problems: [],
} as const;

async function healthOf(client: ApiClient): Promise<InstanceStatus['health']> {
  try {
    const { checks } = await answered(client.GET('/health/ready'));
    return { ok: true, detail: checks.join(', ') };
  } catch (error) {
    return { ok: false, detail: messageOf(error) };
  }
}

/** A token of the operator, for an instance of this folder only: nobody else is to hold it. */
async function tokenFor(
  url: string,
  dataDir: string,
): Promise<(() => Promise<string>) | undefined> {
  if (!runningInstances(dataDir).some((own) => own.url === url)) return undefined;
  const { tokenOf } = await openTokens(dataDir);
  return () => tokenOf('operator');
}

type Session = Schemas['PublicSession'];

/** Sessions whose gate is still to open or to close. */
async function openSessions(client: ApiClient): Promise<Session[]> {
  const all: Session[] = [];
  for (const status of ['scheduled', 'open'] as const) {
    const some = await everyPage((cursor) => {
      const params = { query: { status, limit: 1_000, ...cursor } };
      return answered(client.GET('/api/v1/sessions', { params }));
    });
    all.push(...some);
  }
  return all;
}

function sessionsOf(items: readonly Session[]): InstanceStatus['sessions'] {
  const nowMs = wallClock.nowMs();
  const gates = items
    .flatMap(({ sessionId, gateOpensAt, gateClosesAt }) => [
      { sessionId, gate: 'opens' as const, at: gateOpensAt },
      { sessionId, gate: 'closes' as const, at: gateClosesAt },
    ])
    .filter(({ at }) => Date.parse(at) > nowMs)
    .sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
  const open = items.filter(({ status: at }) => at === 'open').map(({ sessionId }) => sessionId);
  return { open, next: gates[0] ?? null };
}

function certifierOf({
  checkpoints,
  anchored,
  waitingSince,
}: Schemas['CertificationStatus']): InstanceStatus['certifier'] {
  const ageMs = waitingSince === null ? null : wallClock.nowMs() - Date.parse(waitingSince);
  const unanchoredS = ageMs === null ? null : Math.max(0, Math.round(ageMs / 1_000));
  return { checkpoints, anchored, unanchoredS };
}

type Row = (name: string, text: string) => string;

const UNTOLD = 'not told without the data folder, or not hosted here';

function textOf(one: InstanceStatus): string {
  const { instance, version, pid, platforms, url, mqtt, chainId, startedAt, health } = one;
  const row: Row = (name, text) => `  ${name.padEnd(11)} ${text}`;
  const isAll = PLATFORMS.every((name) => platforms.includes(name));
  return [
    `Flexledger ${version}, instance ${instance}, ${stateOf(one)}`,
    row('process', `${pid}, since ${startedAt}`),
    ...(isAll ? ['all of them'] : platforms).map((name, at) =>
      row(at === 0 ? 'platforms' : '', name),
    ),
    ...(url === null ? [] : [row('REST', url)]),
    ...(mqtt ? [row('MQTT', `${mqtt.host}:${mqtt.port}`)] : []),
    row('health', `${health.ok ? 'ok: ' : url === null ? '' : 'FAILED: '}${health.detail}`),
    row('log', logText(one)),
    ...processorRows(one.processors, row),
    ...sessionRows(one.sessions, row),
    ...(chainId === null ? [] : [row('chain', `id ${chainId}`)]),
    row('certifier', one.certifier ? certifierText(one.certifier) : UNTOLD),
    ...one.problems.map((problem) => row('problem', problem)),
  ].join('\n');
}

function stateOf(one: InstanceStatus): string {
  if (one.url === null) return 'is starting';
  return isWell(one) ? 'is well' : 'is NOT well';
}

function logText({ head, health }: InstanceStatus): string {
  if (head !== null) return `last event at position ${head}`;
  return health.ok ? 'no event yet' : 'not told';
}

function processorRows(processors: InstanceStatus['processors'], row: Row): string[] {
  if (!processors) return [row('processors', 'not told without the data folder')];
  const of = (at: string) => processors.filter(({ status: one }) => one === at);
  const behind = processors.filter(({ lag }) => lag > 0);
  const counts = `${of('working').length} work, ${of('waiting').length} wait, ${of('halted').length} halted`;
  return [
    row('processors', counts),
    ...behind.map(({ name, lag }) => row('', `${name} is ${lag} events behind`)),
    ...of('halted').map(({ name, halt }) => row('', `! ${name}: ${halt?.message ?? 'halted'}`)),
  ];
}

function sessionRows(sessions: InstanceStatus['sessions'], row: Row): string[] {
  if (!sessions) return [row('sessions', UNTOLD)];
  const { open, next } = sessions;
  const gate = next ? [row('', `${next.sessionId} ${next.gate} at ${next.at}`)] : [];
  return [row('sessions', `${open.length} open`), ...gate];
}

function certifierText({
  checkpoints,
  anchored,
  unanchoredS,
}: NonNullable<InstanceStatus['certifier']>): string {
  const state = unanchoredS === null ? 'all are covered' : `one waits for ${unanchoredS} s`;
  return `${checkpoints} checkpoints, ${anchored} anchors, ${state}`;
}
