import { podIn, soldByPod } from './sold-by-pod';

it('knows a whole code of a PoD, however it is typed', () => {
  expect([' it002e60000001', 'IT002E6', 'dayAhead-2026-03-17T23:00Z', ''].map(podIn)).toEqual([
    'IT002E60000001',
    undefined,
    undefined,
    undefined,
  ]);
});

it('sums what a PoD sold in each session, and leaves out where it sold nothing', () => {
  const row = (podId: string, acceptedW: number[]) => ({ podId, acceptedW }) as never;
  const days = [
    [
      { sessionId: 'a', rows: [row('P1', [400, 400]), row('P1', [200]), row('P2', [9])] },
      { sessionId: 'b', rows: [row('P2', [9])] },
    ],
    [{ sessionId: 'c', rows: [row('P1', [0])] }],
  ];
  expect([...soldByPod(days, 'P1')]).toEqual([['a', 250]]);
});
