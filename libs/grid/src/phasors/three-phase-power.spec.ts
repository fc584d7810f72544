import { type PhaseReading, threePhasePower } from './three-phase-power';

const reading = (voltageDegree: number, lagDegree: number, currentA = 10): PhaseReading => ({
  voltageV: 230,
  voltageDegree,
  currentA,
  currentDegree: voltageDegree - lagDegree,
});

it('a balanced load takes three times the power of a phase, and Q where its current lags', () => {
  const { phases, total } = threePhasePower({
    L1: reading(0, 30),
    L2: reading(-120, 30),
    L3: reading(120, 30),
  });
  // 230 V, 10 A, 30 degrees: 2,300 VA, of which cos 30 = 0.8660 and sin 30 = 0.5.
  expect(phases.L2.activeW).toBeCloseTo(1_991.858, 3);
  expect(phases.L3.reactiveVar).toBeCloseTo(1_150, 6);
  expect(total.activeW).toBeCloseTo(5_975.575, 3);
  expect(total.reactiveVar).toBeCloseTo(3_450, 6);
});

it('an unbalanced one is the sum of its phases, and a phase may feed in', () => {
  const { total } = threePhasePower({
    L1: reading(0, 0, 20),
    L2: reading(-120, 180, 5),
    L3: reading(120, -90, 1),
  });
  expect(total.activeW).toBeCloseTo(230 * 20 - 230 * 5, 6);
  expect(total.reactiveVar).toBeCloseTo(-230, 6);
});
