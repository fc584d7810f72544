/** Which services of a PoD may be offered: by default all but those refused; under the rule, those qualified. */
import { offer, register, schedule } from '../testing/session-story';
import type { ServiceStanding, ServiceStandings } from '../pod/events';
import { checkOffer } from './validate-orders';

const standing = (status: ServiceStanding['status'], reason: string | null = null) =>
  ({ status, by: status === 'named' ? null : 'DSO', reason }) as const;

const NOTHING: ServiceStandings = {};
const NAMED: ServiceStandings = { congestionManagement: standing('named') };
const QUALIFIED: ServiceStandings = { congestionManagement: standing('qualified') };
const OTHER: ServiceStandings = { voltageManagement: standing('qualified') };
const REFUSED: ServiceStandings = { congestionManagement: standing('refused', 'slow meter') };

/** Why AGG1's PoD with these standings may not offer active power; undefined when it may. */
function faultOf(services: ServiceStandings, qualification?: 'required'): string | undefined {
  const pod = { ...register.pod('POD1')!, services };
  const rules = { ...schedule, ...(qualification && { qualification }) };
  const checked = checkOffer(offer(), 'AGG1', rules, { ...register, pod: () => pod });
  return typeof checked === 'string' ? checked : undefined;
}

it('by default a PoD is offered unless a system operator has refused it for the service', () => {
  for (const services of [NOTHING, NAMED, QUALIFIED, OTHER]) {
    expect(faultOf(services)).toBeUndefined();
  }
  expect(faultOf(REFUSED)).toBe(
    'podId POD1 is refused for congestionManagement by the DSO: slow meter',
  );
});

it('where the rules ask for it, a PoD is offered for what is qualified only', () => {
  const reasons = [NOTHING, NAMED, OTHER, REFUSED].map((one) => faultOf(one, 'required'));
  const not = 'podId POD1 is not qualified for congestionManagement: ';
  expect(reasons).toEqual([
    `${not}it is not named for it`,
    `${not}no system operator has qualified it yet`,
    `${not}it is not named for it`,
    'podId POD1 is refused for congestionManagement by the DSO: slow meter',
  ]);
  expect(faultOf(QUALIFIED, 'required')).toBeUndefined();
});
