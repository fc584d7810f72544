import type { MilpAnswer, MilpModel } from '@flexledger/domain';
import { tools } from './testing/node-tools';
import { withPatience } from './tools';

it('what the market solved in time is given longer to be solved again, with all else the same', async () => {
  const asked: MilpModel[] = [];
  const answer: MilpAnswer = { columnValue: null, bounds: [], elapsedSeconds: 0 };
  const solve = (model: MilpModel) => (asked.push(model), Promise.resolve(answer));
  const loadSolver = () => Promise.resolve({ name: 'a solver', solve });
  const model = { limits: { timeLimitSeconds: 60, nodeLimit: 9 } } as unknown as MilpModel;
  const patient = await withPatience({ ...tools, loadSolver }).loadSolver();
  expect(await patient.solve(model)).toBe(answer);
  expect(patient.name).toBe('a solver');
  expect(asked).toEqual([{ limits: { timeLimitSeconds: 240, nodeLimit: 9 } }]);
});
