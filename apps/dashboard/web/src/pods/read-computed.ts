/** Reads what a computed baseline is of: the rules of the market, and the PoD's earlier days. */
import { t } from '../language/texts';
import type { RulePack } from '@flexledger/domain';
import { api, take } from '../data/client';
import type { Zone } from '../parts/words';
import { type ComputedBaseline, computedBaseline, daysNeeded } from './computed-baseline';
import { civilDayOf, podDay } from './pod-day';

const PAGE = 100;

/** @throws Problem */
export async function readComputed(
  podId: string,
  date: string,
  zone: Zone,
): Promise<ComputedBaseline> {
  const rules = await rulesInForce();
  if (!rules) return { baselineW: null, said: t('No rules are adopted yet.') };
  const days = daysNeeded(date, rules).map((day) => ({ day, ...civilDayOf(day, zone.civilDay) }));
  const measured = await Promise.all(
    days.map(async ({ day, startMs, mtuCount }) => {
      const iso = (epochMs: number): string => new Date(epochMs).toISOString();
      const query = { from: iso(startMs), to: iso(startMs + mtuCount * 900_000) };
      const { items } = await take(
        api.GET('/api/v1/pods/{podId}/measurements', { params: { path: { podId }, query } }),
      );
      const { measuredW } = podDay({
        startMs,
        mtuCount,
        measured: items,
        baselineW: null,
        setpoints: [],
      });
      return [day, { measuredW }] as const;
    }),
  );
  return computedBaseline(podId, date, rules, new Map(measured));
}

/** The pack that was adopted last. */
async function rulesInForce(): Promise<RulePack | undefined> {
  let after: number | undefined;
  let last: RulePack | undefined;
  do {
    const query = { types: 'RulePackAdopted', limit: PAGE, ...(after !== undefined && { after }) };
    const page = await take(api.GET('/api/v1/events', { params: { query } }));
    // The same address gives a stream, as text, to who asks for one.
    const { items, next } = page as Exclude<typeof page, string>;
    last = (items.at(-1)?.data as { rulePack?: RulePack } | undefined)?.rulePack ?? last;
    after = next ?? undefined;
  } while (after !== undefined);
  return last;
}
