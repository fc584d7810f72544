/** One event, from its bytes to the chain. */
import { api, take } from '../data/client';
import { Problem } from '../data/problem';
import { callerOf, rootOnChain } from './chain';
import { checkLog } from './check-log';
import type { CloudEventLike } from './event-bytes';
import { run } from './checks';
import { type Step, openStep } from './steps';

/** Positions and ids of events, as they are typed. */
const POSITION = /^\d{1,15}$/;
/** An event is never as large; a paste that is, is something else. */
const PASTE_LIMIT = 4_000_000;

/** @throws Problem for what is neither a position nor an id, or is not there or not yours */
export async function findEvent(typed: string): Promise<CloudEventLike> {
  const position = POSITION.test(typed) ? Number(typed) : await positionOf(typed);
  const query = { limit: 1, ...(position === 0 ? {} : { after: position - 1 }) };
  const page = await take(api.GET('/api/v1/events', { params: { query } }));
  // The same address gives a stream, as text, to who asks for one.
  const { items } = page as Exclude<typeof page, string>;
  const event = items.find((one) => one.position === position);
  if (!event) throw new Problem(404, `You are not shown the event at position ${position}.`);
  return event;
}

/** Reads an event that was pasted. @throws Problem saying what is missing */
export function readPasted(text: string): CloudEventLike {
  if (text.length > PASTE_LIMIT) {
    throw new Problem(
      400,
      'That is longer than any event; paste one event as the interface gives it.',
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Problem(400, 'That is no JSON; paste one event as GET /api/v1/events gives it.');
  }
  const event = (
    typeof value === 'object' && value !== null ? value : {}
  ) as Partial<CloudEventLike>;
  const missing = MEMBERS.filter((name) => event[name] === undefined);
  if (missing.length > 0) throw new Problem(400, `The event lacks ${missing.join(', ')}.`);
  return event as CloudEventLike;
}

const MEMBERS = [
  'id',
  'type',
  'subject',
  'time',
  'data',
  'revision',
  'schemaversion',
  'correlationid',
  'causationid',
  'actor',
  'hash',
] as const;

/** Every step, told as it is done. @throws Problem when the platform does not answer */
export async function checkEvent(
  event: CloudEventLike,
  tell: (steps: readonly Step[]) => void,
): Promise<readonly Step[]> {
  const steps: Step[] = [];
  const add = (...more: readonly Step[]): void => {
    steps.push(...more);
    tell([...steps]);
  };
  add(await run('checkHash', event));
  const { steps: ofLog, checkpoint } = await checkLog();
  if (!checkpoint) {
    add(...ofLog);
    return steps;
  }
  const query = { id: event.id, size: checkpoint.size };
  const claim = await take(api.GET('/api/v1/log/inclusion', { params: { query } }));
  add(
    await run('checkLeaf', event.hash, claim),
    await run('checkInclusion', event.hash, claim, checkpoint),
    ...ofLog,
  );
  add(await checkChain());
  return steps;
}

/** The last anchor of the log, on the chain itself where this browser reaches it. */
export async function checkChain(): Promise<Step> {
  const name = 'On the chain';
  const { certification } = await take(api.GET('/api/v1/status', {}));
  const { lastAnchor, anchorContract, chainId } = certification;
  const rpcUrl = document.querySelector<HTMLMetaElement>('meta[name="chain-rpc-url"]')?.content;
  if (!lastAnchor || anchorContract === null)
    return openStep(name, 'No checkpoint is anchored yet.');
  if (!rpcUrl) {
    return openStep(
      name,
      `The log says block ${lastAnchor.anchor?.blockNumber ?? '?'} of chain ${chainId ?? '?'}. That chain runs inside the platform and ` +
        'answers no browser; "npx flexledger audit --all" reads it.',
    );
  }
  try {
    const onChain = await rootOnChain(callerOf(rpcUrl, anchorContract), lastAnchor.size);
    return onChain === undefined
      ? openStep(name, `The last anchors of the contract are not over ${lastAnchor.size} events.`)
      : await run('checkAnchor', lastAnchor, onChain);
  } catch (error) {
    return openStep(name, `The chain at ${rpcUrl} did not answer: ${(error as Error).message}`);
  }
}

async function positionOf(id: string): Promise<number> {
  return (await take(api.GET('/api/v1/log/inclusion', { params: { query: { id } } }))).position;
}

/** Changes one byte of an event, to see that it shows. */
export function withChangedByte(event: CloudEventLike): CloudEventLike {
  const last = event.actor.at(-1) === 'x' ? 'y' : 'x';
  return { ...event, actor: `${event.actor.slice(0, -1)}${last}` };
}
