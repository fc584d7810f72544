/** Random civil days for laws of time, among them often the days on which clocks change. */
import fc from 'fast-check';
import { addDays } from '../time/delivery-day';

/** Zones whose clocks change at 01:00 UTC, at 02:00 local, by half an hour, and never. */
export const someZone: fc.Arbitrary<string> = fc.constantFrom(
  'Europe/Rome',
  'Atlantic/Azores',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Tokyo',
  'UTC',
);

/** An ISO date from 2020 to 2030. */
export const someDay: fc.Arbitrary<string> = fc.oneof(
  fc.nat(4_000).map((days) => addDays('2020-01-01', days)),
  fc.constantFrom(
    '2026-03-29',
    '2026-10-25',
    '2027-03-28',
    '2026-03-08',
    '2026-11-01',
    '2026-04-05',
  ),
);
