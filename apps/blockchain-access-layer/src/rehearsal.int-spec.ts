import { rehearse } from './rehearsal';

it('made-up packets are recorded and answered as real ones are', async () => {
  // Each of three nodes: four alone, then two lists of two.
  expect(await rehearse({ nodes: 3, rounds: 4, together: 2 })).toBe(24);
});
