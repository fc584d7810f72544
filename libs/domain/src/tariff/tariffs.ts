import { DomainError, type Violation } from '../log/decider';
import type { NetworkTariff } from './events';

/**
 * Tariffs in their order: by name, zone and time.
 *
 * @throws DomainError `tariffs-malformed` naming each pair that says two prices for one time, and each period that
 *   ends before it begins
 */
export function orderedTariffs(tariffs: readonly NetworkTariff[]): NetworkTariff[] {
  const ordered = [...tariffs].sort(
    (one, other) =>
      compared(one.tariffId, other.tariffId) ||
      compared(one.zone ?? '', other.zone ?? '') ||
      compared(one.from, other.from),
  );
  const violations: Violation[] = ordered.flatMap((tariff) =>
    tariff.from < tariff.until
      ? []
      : [{ field: nameOf(tariff), reason: `ends at ${tariff.until}, not after it begins` }],
  );
  const latest = new Map<string, NetworkTariff>();
  for (const tariff of ordered) {
    const key = JSON.stringify([tariff.tariffId, tariff.zone]);
    const before = latest.get(key);
    if (before && tariff.from < before.until) {
      const reason = `overlaps the one from ${before.from} until ${before.until}`;
      violations.push({ field: nameOf(tariff), reason });
    }
    if (!before || tariff.until > before.until) latest.set(key, tariff);
  }
  if (violations.length > 0) {
    const [{ field, reason }] = violations as [Violation];
    throw new DomainError(
      'tariffs-malformed',
      `${field} ${reason}; give one price for each time. Nothing was published.`,
      violations,
    );
  }
  return ordered;
}

const compared = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

const nameOf = ({ tariffId, zone, from }: NetworkTariff): string =>
  `Tariff ${tariffId}${zone === null ? '' : ` in ${zone}`} from ${from}`;
