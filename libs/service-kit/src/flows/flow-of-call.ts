/**
 * Which flow a call between platforms carries. A caller either brings a message (an offer, an outcome's
 * answer) or fetches one (an outcome, results): the message is sent by who brings it, or by who answers.
 */
import { partyKindOf } from '@flexledger/domain';
import type { Flow, FlowPlatform } from '@flexledger/runtime';

/** A call as far as it says which flow it carries. */
export interface CallBetween {
  readonly method: string;
  /** With or without its query. */
  readonly path: string;
  /** `dso`, `aggregator:AGG1`, `platform:market`. */
  readonly actor: string;
  readonly idempotencyKey?: string;
}

/** The message that a call carries. */
export interface FlowOfCall {
  readonly flow: Flow;
  /** `caller`: it brings the message; `called`: the answer is the message. */
  readonly sentBy: 'caller' | 'called';
  readonly caller: FlowPlatform;
  readonly called: FlowPlatform;
  /** The same at both ends: the session, where the call names one. */
  readonly referenceId: string;
}

interface Route {
  readonly call: RegExp;
  readonly sentBy: FlowOfCall['sentBy'];
  readonly called: FlowPlatform;
  readonly flowBy: Partial<Record<FlowPlatform, Flow>>;
}

const SESSION = '/api/v1/sessions/([^/]+)';

const route = (
  call: string,
  sentBy: Route['sentBy'],
  called: FlowPlatform,
  flowBy: Route['flowBy'],
): Route => ({ call: new RegExp(`^${call}$`), sentBy, called, flowBy });

const ROUTES: readonly Route[] = [
  route('POST /api/v1/register/changes', 'caller', 'SCD', { AP: 'flow0', DSOTP: 'flow0a' }),
  route('POST /api/v1/register/look-up', 'called', 'SCD', { MP: 'flow0b', TSO: 'flow0b' }),
  route('POST /api/v1/measurements/query', 'called', 'SCD', {
    AP: 'flow1',
    DSOTP: 'flow1a',
    MP: 'flow8',
  }),
  route(`POST ${SESSION}/offers`, 'caller', 'MP', { AP: 'flow2a' }),
  route(`POST ${SESSION}/requests`, 'caller', 'MP', { TSO: 'flow2b', DSOTP: 'flow2c' }),
  route(`GET ${SESSION}/outcomes-to-validate/\\d+`, 'called', 'MP', { DSOTP: 'flow3' }),
  route(`POST ${SESSION}/validation(?:/rows)?`, 'caller', 'MP', { DSOTP: 'flow4' }),
  route('GET /api/v1/results', 'called', 'MP', { AP: 'flow5', DSOTP: 'flow5', TSO: 'flow5' }),
  route('POST /api/v1/setpoints', 'caller', 'SCD', { AP: 'flow6' }),
];

/** The platform that an actor calls from; undefined for people and strangers. */
function platformOf(actor: string): FlowPlatform | undefined {
  if (actor === 'platform:market') return 'MP';
  const kind = partyKindOf(actor);
  if (kind === 'dso') return 'DSOTP';
  if (kind === 'tso') return 'TSO';
  return kind === 'aggregator' ? 'AP' : undefined;
}

/** Undefined where a call carries none. */
export function flowOfCall({
  method,
  path,
  actor,
  idempotencyKey,
}: CallBetween): FlowOfCall | undefined {
  const caller = platformOf(actor);
  if (!caller) return undefined;
  const wanted = `${method} ${path.split('?', 1)[0]}`;
  for (const { call, sentBy, called, flowBy } of ROUTES) {
    const found = call.exec(wanted);
    const flow = flowBy[caller];
    if (!found || !flow) continue;
    const referenceId = found[1] ? decodeURIComponent(found[1]) : (idempotencyKey ?? actor);
    return { flow, sentBy, caller, called, referenceId };
  }
  return undefined;
}
