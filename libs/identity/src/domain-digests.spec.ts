import {
  parseClearingInstance,
  problemDigest as problemDigestBy,
  randomClearingDocument,
} from '@flexledger/domain';
import * as fc from 'fast-check';
import { problemDigest } from './domain-digests';
import { documentDigest, sha256 } from './hash';

const problems = fc
  .record({
    seed: fc.nat(),
    mtus: fc.integer({ min: 1, max: 5 }),
    pods: fc.integer({ min: 1, max: 8 }),
    requests: fc.integer({ min: 0, max: 5 }),
    offers: fc.integer({ min: 0, max: 12 }),
    scopes: fc.constantFrom('nested' as const, 'overlapping' as const),
    hasCaps: fc.boolean(),
    hardShare: fc.constantFrom(0, 0.8),
    hasReactive: fc.boolean(),
    priceLevels: fc.constant(9),
    hasMtuLimits: fc.boolean(),
  })
  .map((options) => parseClearingInstance(randomClearingDocument(options)));

describe('the digest of a clearing problem', () => {
  it('is that of its canonical JSON', () => {
    fc.assert(
      fc.property(problems, fc.string({ unit: 'grapheme', minLength: 1 }), (problem, name) => {
        const offers = problem.offers.map((offer) => ({ ...offer, id: `${name}/${offer.id}` }));
        const podLimits = new Map([...problem.podLimits, [name, { upW: 1, downW: 0 }]]);
        const named = { ...problem, offers, podLimits };
        const document = { ...named, podLimits: Object.fromEntries(podLimits) };
        expect(problemDigest(named)).toBe(documentDigest(document));
        expect(problemDigestBy(sha256, named)).toBe(problemDigest(named));
      }),
    );
  });

  it('is the same for series in 32 bits', () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const offers = problem.offers.map((offer) =>
          offer.kind === 'block'
            ? offer
            : {
                ...offer,
                quantityW: Int32Array.from(offer.quantityW),
                priceMicroEurPerKwh: Int32Array.from(offer.priceMicroEurPerKwh),
              },
        );
        expect(problemDigest({ ...problem, offers })).toBe(problemDigest(problem));
      }),
    );
  });
});
