/** Which services of a PoD may be offered: by default all but those refused; under the rule, those qualified. */
import { offer, register, schedule } from '../testing/session-story';
import type { ServiceStanding, ServiceStandings } from '../pod/services';
import { checkOffer } from './validate-orders';

const service = (judgements: ServiceStanding['judgements'], named = true): ServiceStandings => ({
  congestionManagement: { named, judgements },
});
const SLOW = { status: 'refused', reason: 'slow meter' } as const;
const FINE = { status: 'qualified' } as const;

const NOTHING: ServiceStandings = {};
const NAMED = service({});
const QUALIFIED = service({ DSO: FINE });
const OTHER: ServiceStandings = { voltageManagement: { named: true, judgements: { DSO: FINE } } };
const REFUSED = service({ DSO: SLOW });
/** Refused, whatever its aggregator names and the other system operator says. */
const STILL_REFUSED = [service({ DSO: SLOW }, false), service({ DSO: SLOW, TSO: FINE })];

/** Why AGG1's PoD with these standings may not offer active power; undefined when it may. */
function faultOf(services: ServiceStandings, qualification?: 'required'): string | undefined {
  const pod = { ...register.pod('POD1')!, services };
  const rules = {
    ...schedule,
    quarterHours: [0, 1, 2, 3],
    ...(qualification && { qualification }),
  };
  const checked = checkOffer(offer(), 'AGG1', rules, { ...register, pod: () => pod });
  return typeof checked === 'string' ? checked : undefined;
}

it('by default a PoD is offered unless a system operator has refused it for the service', () => {
  for (const services of [NOTHING, NAMED, QUALIFIED, OTHER]) {
    expect(faultOf(services)).toBeUndefined();
  }
  for (const services of [REFUSED, ...STILL_REFUSED]) {
    expect(faultOf(services)).toBe(
      'podId POD1 is refused for congestionManagement by the DSO: slow meter',
    );
  }
  expect(faultOf(service({ DSO: SLOW, TSO: { ...SLOW, reason: 'no data' } }))).toBe(
    'podId POD1 is refused for congestionManagement by the DSO: slow meter; by the TSO: no data',
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

describe('the least quantity of a session', () => {
  const checked = (given: Parameters<typeof offer>[0], leastQuantityW?: number) => {
    const rules = {
      ...schedule,
      quarterHours: [0, 1, 2, 3],
      ...(leastQuantityW !== undefined && { leastQuantityW }),
    };
    const found = checkOffer(offer(given), 'AGG1', rules, register);
    return typeof found === 'string' ? found : undefined;
  };

  it('refuses by name an offer that is smaller in any MTU in which it offers something', () => {
    const told = 'quantityW 99 is below the least of 100 W that this session trades';
    expect(checked({ quantityW: [0, 99, 500, 100] }, 100)).toBe(told);
    expect(checked({ quantityW: [0, 100, 500, 0] }, 100)).toBeUndefined();
    expect(checked({ quantityW: [0, 1, 0, 0] })).toBeUndefined();
  });

  it('is of active power only', () => {
    expect(checked({ product: 'Q', quantityW: [1, 1, 1, 1] }, 100)).not.toContain('least');
  });
});
