import { DomainError, type MarketPod, type Violation } from '@flexledger/domain';
import type { DeclaredBaselines, RegisterAnswer, RegisterPort, RegisteredPod } from '../register';
import { listIn, requireNamed, rowsIn } from './answer-checks';
import { type PlatformClient, allPages, keyOf } from './platform-client';

/** One command's answer as it travels. */
export type RegisterAnswerJson =
  | { readonly podId: string; readonly accepted: true; readonly changed: boolean }
  | {
      readonly podId: string;
      readonly accepted: false;
      readonly code: string;
      readonly detail: string;
      readonly errors: readonly Violation[];
    };

/** PoDs that travel in one request; a baseline of a day is about 600 bytes. */
const AT_ONCE = 1_000;

/** The register of a shared customer database that runs elsewhere. */
export function httpRegister(call: PlatformClient): RegisterPort {
  return {
    async submit(commands, { requestId: commandId, ...request }) {
      const path = '/api/v1/register/changes';
      const answers: RegisterAnswer[] = [];
      for (const [from, part] of parts(commands)) {
        const key = keyOf({ commandId, ...request }, `/${from}`);
        const answer = await call({ method: 'POST', path, body: { commands: part }, ...key });
        const items = rowsIn<RegisterAnswerJson>(answer, 'items', part.length, path);
        for (const item of items) answers.push(answerOf(item));
      }
      return answers;
    },
    podsOf: (selection) =>
      allPages<RegisteredPod>(call, '/api/v1/pods', { ...selection, status: 'registered' }),
    async pod(podId) {
      const path = `/api/v1/pods/${encodeURIComponent(podId)}`;
      try {
        const pod = await call<RegisteredPod>({ method: 'GET', path });
        requireNamed(pod, 'podId', podId, path);
        return pod;
      } catch (error) {
        if (error instanceof DomainError && error.code === 'pod-unknown') return undefined;
        throw error;
      }
    },
    async lookUp(podIds, poms) {
      const path = '/api/v1/register/look-up';
      const pods = new Map<string, MarketPod>();
      const known = new Set<string>();
      const longest = Math.max(podIds.length, poms.length);
      for (let from = 0; from < longest; from += AT_ONCE) {
        const body = {
          podIds: podIds.slice(from, from + AT_ONCE),
          poms: poms.slice(from, from + AT_ONCE),
        };
        const answer = await call({ method: 'POST', path, body });
        const found = listIn<MarketPod & { readonly podId: string }>(answer, 'pods', path);
        for (const { podId, ...pod } of found) pods.set(podId, pod);
        for (const pom of listIn<string>(answer, 'poms', path)) known.add(pom);
      }
      return { pods, poms: known };
    },
    async baselines(podIds, deliveryDay) {
      const path = '/api/v1/register/baselines';
      const found: DeclaredBaselines[] = [];
      for (const [, part] of parts(podIds)) {
        const answer = await call({ method: 'POST', path, body: { podIds: part, deliveryDay } });
        for (const item of listIn<DeclaredBaselines>(answer, 'items', path)) found.push(item);
      }
      return found;
    },
  };
}

function answerOf(item: RegisterAnswerJson): RegisterAnswer {
  if (item.accepted) return item;
  const { podId, code, detail, errors } = item;
  return { podId, accepted: false, error: new DomainError(code, detail, errors) };
}

/** Slices of a list that fit one request, each with where it begins. */
export function* parts<Item>(
  items: readonly Item[],
  atOnce = AT_ONCE,
): Generator<readonly [from: number, part: readonly Item[]]> {
  for (let from = 0; from < items.length; from += atOnce) {
    yield [from, items.slice(from, from + atOnce)];
  }
}
