/** A battery is offered as the block that carries most of its energy, wherever the market lets it run. */
import fc from 'fast-check';
import { bestBlock } from './best-block';

const STEP_W = 10;
const noLimit = Infinity;

it('runs as long as its energy lasts, in the longest stretch that holds it', () => {
  expect(bestBlock([0, 500, 500, 500, 500, 0], 1_000, STEP_W)).toEqual({
    quantityW: 500,
    durationMtus: 2,
    window: [1, 4],
  });
});

it('takes less power where that carries more energy', () => {
  expect(bestBlock([300, 900, 300, 300], 1_200, STEP_W)).toEqual({
    quantityW: 300,
    durationMtus: 4,
    window: [0, 3],
  });
});

it('gives what little energy there is in one MTU', () => {
  expect(bestBlock([900, 900], 257, STEP_W)).toEqual({
    quantityW: 250,
    durationMtus: 1,
    window: [0, 1],
  });
});

it.each<[string, number[], number]>([
  ['no power', [0, 0], noLimit],
  ['power below a step', [9, 9], noLimit],
  ['no energy', [500], 0],
])('is none with %s', (_, offerable, energy) => {
  expect(bestBlock(offerable, energy, STEP_W)).toBeUndefined();
});

it('stays within power and energy wherever it runs, and no block of the same kind carries more', () => {
  const power = fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(power, fc.nat(400), (offerable, energyWMtu) => {
      const block = bestBlock(offerable, energyWMtu, STEP_W);
      const fits = (quantityW: number, from: number, to: number): boolean =>
        offerable.slice(from, to + 1).every((watts) => watts >= quantityW);
      let most = 0;
      for (let from = 0; from < offerable.length; from += 1) {
        for (let to = from; to < offerable.length; to += 1) {
          for (const level of offerable) {
            const quantityW = Math.floor(Math.min(level, energyWMtu) / STEP_W) * STEP_W;
            if (quantityW === 0 || !fits(quantityW, from, to)) continue;
            const durationMtus = Math.min(to - from + 1, Math.floor(energyWMtu / quantityW));
            most = Math.max(most, quantityW * durationMtus);
          }
        }
      }
      expect(block ? block.quantityW * block.durationMtus : 0).toBe(most);
      if (!block) return;
      const { quantityW, durationMtus, window } = block;
      expect(fits(quantityW, ...window)).toBe(true);
      expect(durationMtus).toBeLessThanOrEqual(window[1] - window[0] + 1);
      expect(quantityW * durationMtus).toBeLessThanOrEqual(energyWMtu);
    }),
  );
});
