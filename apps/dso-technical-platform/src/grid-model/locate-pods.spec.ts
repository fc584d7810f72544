/** What becomes of a registration that the DSO answers with a place. */
import { DomainError, type RecordedEvent } from '@flexledger/domain';
import type { RegisterAnswer } from '@flexledger/ports';
import { createPodLocation } from './locate-pods';
import type { OwnGrid } from './own-grid';

const POD = 'IT002E60000001';
const registered = { id: 'r1', data: { podId: POD } } as unknown as RecordedEvent;

/** A register that answers with these, one after another. */
function locating(...answers: RegisterAnswer[]) {
  const asked: unknown[] = [];
  const problems: string[] = [];
  const grid = {
    gridId: 'ieee33',
    placeOf: async () => ({ busId: 'bus7', pom: 'PS-bus0' }),
  } as unknown as OwnGrid;
  const submit = async (commands: readonly object[]) => {
    asked.push(...commands);
    return [answers.shift()!];
  };
  const { handle } = createPodLocation(grid, { submit }, (problem) => problems.push(problem));
  return { handle: () => handle(registered), asked, problems };
}

const refused = (code: string): RegisterAnswer => {
  return { podId: POD, accepted: false, error: new DomainError(code, `${code}.`) };
};
const taken: RegisterAnswer = { podId: POD, accepted: true, changed: true };

it('is told to the register again as long as that has not met the grid', async () => {
  const pod = locating(refused('location-unmatched'), taken);
  await expect(pod.handle()).rejects.toThrow('location-unmatched');
  await pod.handle();
  const place = { kind: 'locatePod', podId: POD, gridId: 'ieee33', busId: 'bus7', pom: 'PS-bus0' };
  expect(pod.asked).toEqual([place, place]);
});

it('is left where the PoD is gone again', async () => {
  const pod = locating(refused('pod-unknown'));
  await pod.handle();
  expect(pod.problems).toEqual([]);
});
