/** Reads a delivery day of a PoD. */
import { api, take, takeAll } from '../data/client';
import { signIn } from '../data/sign-in.svelte';
import type { Zone } from '../parts/words';
import { type PodDay, civilDayOf, podDay } from './pod-day';

export async function readPodDay(podId: string, date: string, zone: Zone): Promise<PodDay> {
  const { startMs, mtuCount } = civilDayOf(date, zone.civilDay);
  const iso = (epochMs: number): string => new Date(epochMs).toISOString();
  const path = { podId };
  const days = { from: iso(startMs), to: iso(startMs + mtuCount * 900_000) };
  const [measured, baselineW, setpoints] = await Promise.all([
    signIn.may('measurements:read')
      ? take(api.GET('/api/v1/pods/{podId}/measurements', { params: { path, query: days } })).then(
          ({ items }) => items,
        )
      : [],
    // A list, which is empty where none is declared; the last one counts.
    take(
      api.POST('/api/v1/register/baselines', { body: { podIds: [podId], deliveryDay: date } }),
    ).then(({ items }) => items[0]?.declared.at(-1)?.baselineW ?? null),
    signIn.may('setpoints:read')
      ? takeAll(
          (cursor) =>
            take(
              api.GET('/api/v1/setpoints', {
                params: { query: { podId, limit: 100, ...(cursor && { cursor }) } },
              }),
            ),
          200,
        )
      : [],
  ]);
  return podDay({ startMs, mtuCount, measured, baselineW, setpoints });
}
