import path from 'node:path';
import { EXIT_CODES, UsageError, print, printJson } from '@flexledger/command-line';
import type { ProcessorHealth } from '@flexledger/event-store';
import { messageOf, wallClock, withoutFullStop } from '@flexledger/runtime';
import { PLATFORMS } from '../config/config';
import { type Instance, runningInstances } from '../platform/instance-file';
import { openTokens } from '../platform/platform-tokens';

/** Flags of `flexledger status`. */
export interface StatusFlags {
  readonly data: string;
  readonly url?: string;
  readonly json: boolean;
}

/** How one instance is; what it does not host, or does not tell without a token, is null. */
export interface InstanceStatus extends Instance {
  readonly health: { readonly ok: boolean; readonly detail: string };
  /** Position of the last event. */
  readonly head: number | null;
  readonly processors: readonly ProcessorHealth[] | null;
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
    /** Age of the oldest checkpoint that is not anchored yet, seconds; 0 = none. */
    readonly unanchoredS: number;
  } | null;
}

const TIMEOUT_MS = 10_000;
/** Most sessions looked at: a week and more. */
const SESSIONS = 100;

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

function isWell({ health, processors }: InstanceStatus): boolean {
  return health.ok && !processors?.some(({ status: at }) => at === 'halted');
}

async function instanceAt(url: string): Promise<Instance> {
  const base = url.replace(/\/+$/, '');
  const remedy = 'name the address that "flexledger up" printed';
  if (!/^https?:\/\/[^/]+$/.test(base)) {
    throw new UsageError(`--url ${url} is no address of an instance; ${remedy}.`);
  }
  let answer: Partial<Instance> | undefined;
  try {
    answer = await ask<Partial<Instance>>(base, '/api/v1/instance');
  } catch (error) {
    throw new UsageError(`${base} does not answer: ${reasonOf(error)}; ${remedy}.`);
  }
  if (answer?.instance === undefined) {
    throw new UsageError(`${base} answers, but not as Flexledger; ${remedy}.`);
  }
  return { ...(answer as Instance), url: base };
}

async function statusOf(instance: Instance, data: string): Promise<InstanceStatus> {
  const { url } = instance;
  const token = await tokenFor(url, path.resolve(data));
  const told = async <Answer>(at: string): Promise<Answer | undefined> =>
    ask<Answer>(url, at, token).catch(() => undefined);
  const health = await healthOf(url);
  const processors = await told<{ readonly items: readonly ProcessorHealth[] }>(
    '/api/v1/processors',
  );
  const sessions = await told<{ readonly items: readonly Session[] }>(
    `/api/v1/sessions?limit=${SESSIONS}`,
  );
  const day = await told<StatusPage>('/api/v1/status');
  const reached = processors?.items.flatMap(({ checkpoint }) => checkpoint ?? []) ?? [];
  return {
    ...instance,
    health,
    head: reached.length > 0 ? Math.max(...reached) : null,
    processors: processors?.items ?? null,
    sessions: sessions ? sessionsOf(sessions.items) : null,
    certifier: day?.certification ? certifierOf(day.certification) : null,
  };
}

async function healthOf(url: string): Promise<InstanceStatus['health']> {
  try {
    const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const body = (await answer.json()) as { checks?: readonly string[]; detail?: string };
    return answer.ok
      ? { ok: true, detail: (body.checks ?? []).join(', ') }
      : { ok: false, detail: body.detail ?? `it answered ${answer.status}` };
  } catch (error) {
    return { ok: false, detail: `does not answer: ${reasonOf(error)}` };
  }
}

/** A token of the operator, for an instance of this folder only: nobody else is to hold it. */
async function tokenFor(url: string, dataDir: string): Promise<string | undefined> {
  if (!runningInstances(dataDir).some((own) => own.url === url)) return undefined;
  const { tokenOf } = await openTokens(dataDir);
  return tokenOf('operator');
}

/** Why nothing answered: what lies behind the "fetch failed" of Node. */
function reasonOf(error: unknown): string {
  const { cause } = (error ?? {}) as { readonly cause?: unknown };
  return withoutFullStop(messageOf(cause ?? error));
}

async function ask<Answer>(base: string, at: string, token?: string): Promise<Answer | undefined> {
  const answer = await fetch(`${base}${at}`, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  return answer.ok ? ((await answer.json()) as Answer) : undefined;
}

interface Session {
  readonly sessionId: string;
  readonly status: string;
  readonly gateOpensAt: string;
  readonly gateClosesAt: string;
}

function sessionsOf(items: readonly Session[]): InstanceStatus['sessions'] {
  const nowMs = wallClock.nowMs();
  const gates = items
    .filter(({ status: at }) => at === 'scheduled' || at === 'open')
    .flatMap(({ sessionId, gateOpensAt, gateClosesAt }) => [
      { sessionId, gate: 'opens' as const, at: gateOpensAt },
      { sessionId, gate: 'closes' as const, at: gateClosesAt },
    ])
    .filter(({ at }) => Date.parse(at) > nowMs)
    .sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
  const open = items.filter(({ status: at }) => at === 'open').map(({ sessionId }) => sessionId);
  return { open, next: gates[0] ?? null };
}

interface StatusPage {
  readonly certification: {
    readonly checkpoints: number;
    readonly anchored: number;
    readonly latest: readonly { readonly sealedAt: string; readonly anchor: object | null }[];
  } | null;
}

function certifierOf({
  checkpoints,
  anchored,
  latest,
}: NonNullable<StatusPage['certification']>): InstanceStatus['certifier'] {
  const waiting = latest
    .filter(({ anchor }) => !anchor)
    .map(({ sealedAt }) => Date.parse(sealedAt));
  const ageMs = waiting.length > 0 ? wallClock.nowMs() - Math.min(...waiting) : 0;
  return { checkpoints, anchored, unanchoredS: Math.max(0, Math.round(ageMs / 1_000)) };
}

type Row = (name: string, text: string) => string;

const UNTOLD = 'not told without the data folder, or not hosted here';

function textOf(one: InstanceStatus): string {
  const { instance, version, pid, platforms, url, mqtt, chainId, startedAt, health } = one;
  const row: Row = (name, text) => `  ${name.padEnd(11)} ${text}`;
  const isAll = PLATFORMS.every((name) => platforms.includes(name));
  return [
    `Flexledger ${version}, instance ${instance}, ${isWell(one) ? 'is well' : 'is NOT well'}`,
    row('process', `${pid}, since ${startedAt}`),
    ...(isAll ? ['all of them'] : platforms).map((name, at) =>
      row(at === 0 ? 'platforms' : '', name),
    ),
    row('REST', url),
    ...(mqtt ? [row('MQTT', `${mqtt.host}:${mqtt.port}`)] : []),
    row('health', health.ok ? `ok: ${health.detail}` : `FAILED: ${health.detail}`),
    row('log', one.head === null ? UNTOLD : `last event at position ${one.head}`),
    ...processorRows(one.processors, row),
    ...sessionRows(one.sessions, row),
    ...(chainId === null ? [] : [row('chain', `id ${chainId}`)]),
    row('certifier', one.certifier ? certifierText(one.certifier) : UNTOLD),
  ].join('\n');
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
  const state = unanchoredS === 0 ? 'nothing waits' : `one waits for ${unanchoredS} s`;
  return `${anchored} of ${checkpoints} checkpoints anchored, ${state}`;
}
