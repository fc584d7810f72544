import fc from 'fast-check';
import { isInstant, isoFromMs, msFromIso } from './instant';

const written = fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
/** Such as they stand in a log, and with a character changed: also days and hours that there are not. */
const texts = fc.oneof(
  written,
  fc
    .tuple(written, fc.nat(26), fc.constantFrom(...'0123456789-:.TZz+ '))
    .map(([text, at, character]) => text.slice(0, at) + character + text.slice(at + 1)),
  fc.constantFrom('', '2026-02-30T00:00:00.000Z', '2026-03-17T24:00:00.000Z', '2026-03-17'),
);

it('reads instants as Date does, and knows the form of the log', () => {
  fc.assert(
    fc.property(fc.array(texts), (several) => {
      for (const text of several) {
        const epochMs = Date.parse(text);
        expect(msFromIso(text)).toBe(epochMs);
        expect(isInstant(text)).toBe(!Number.isNaN(epochMs) && isoFromMs(epochMs) === text);
      }
    }),
    { numRuns: 200 },
  );
});
