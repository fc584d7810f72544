/** The life of a PoD: registered, located, changed, switched off for a day, ended, registered anew. */
import fc from 'fast-check';
import { givenOf } from '../testing/decider-spec';
import { type PodCommand, podDecider } from './decider';
import {
  type PodConnection,
  type PodRecord,
  type PodDetails,
  type PodEvent,
  declaredLimit,
} from './events';

const podId = 'IT002E60776854';
const given = givenOf(podDecider);
const details: PodDetails = {
  aggregatorId: 'AGG1',
  customerKind: 'household',
  contractedPowerW: 3_000,
  annualEnergyKwh: 2_700,
  pvPeakW: 0,
  wallet: `0x${'aB'.repeat(20)}`,
};
const location = { gridId: 'rome', busId: 'b7', pom: 'CP-NORD' };
const flexibility = { upW: 2_000, downW: 1_000, upVar: 100, downVar: 0 };

const registered: PodEvent = { type: 'PodRegistered', data: { podId, ...details } };
const podRecord: PodRecord = { ...details, flexibility: null, services: [] };
const located: PodEvent = { type: 'PodLocated', data: { podId, ...location, podRecord } };
const declared: PodEvent = { type: 'FlexibilityDeclared', data: { podId, ...flexibility } };
const switched = (available: boolean): PodEvent => ({
  type: 'AvailabilityChanged',
  data: { podId, deliveryDay: '2026-03-17', available },
});
const unregistered: PodEvent = { type: 'PodUnregistered', data: { podId, reason: 'moved' } };

const register = (change: Partial<PodDetails & { podId: string }> = {}): PodCommand => ({
  kind: 'registerPod',
  podId,
  ...details,
  ...change,
});
const change = (to: Partial<PodDetails>): PodCommand => ({
  kind: 'changePodDetails',
  podId,
  ...details,
  ...to,
});
const locate: PodCommand = { kind: 'locatePod', podId, ...location };
const declare: PodCommand = { kind: 'declareFlexibility', podId, ...flexibility };
const switchTo = (available: boolean): PodCommand => ({
  kind: 'changeAvailability',
  podId,
  deliveryDay: '2026-03-17',
  available,
});
const baseline = (baselineW: readonly number[]): PodCommand => ({
  kind: 'declareBaseline',
  podId,
  deliveryDay: '2026-03-29',
  mtuCount: 92,
  baselineW,
  origin: 'imported',
});
const end: PodCommand = { kind: 'unregisterPod', podId, reason: 'moved' };

const violationsOf = (command: PodCommand, past: readonly PodEvent[] = []): string[] => {
  try {
    podDecider.decide(command, past.reduce(podDecider.evolve, podDecider.initialState));
    return [];
  } catch (error) {
    return (error as { violations: { field: string }[] }).violations.map(({ field }) => field);
  }
};

describe('a PoD is registered', () => {
  it('once; the same again changes nothing', () => {
    given().when(register()).then(registered);
    given(registered).when(register()).then();
  });

  it('not over another registration', () => {
    given(registered)
      .when(register({ pvPeakW: 6_000 }))
      .thenRefused('pod-already-registered');
  });

  it('for one aggregator only, who has to let it go first', () => {
    const past = [registered];
    const state = past.reduce(podDecider.evolve, podDecider.initialState);
    const other = register({ aggregatorId: 'AGG9' });
    expect(() => podDecider.decide(other, state)).toThrow('registered for another aggregator');
    given(registered, unregistered)
      .when(other)
      .then({ ...registered, data: { ...registered.data, aggregatorId: 'AGG9' } });
  });

  it('again after it was unregistered, with no location, flexibility or switch of before', () => {
    const past = [registered, located, declared, switched(false), unregistered, registered];
    given(registered, unregistered).when(register()).then(registered);
    given(...past)
      .when(locate)
      .then(located);
    given(...past)
      .when(declare)
      .then(declared);
    given(...past)
      .when(switchTo(false))
      .then(switched(false));
  });

  it.each<[string, Partial<PodDetails & { podId: string }>]>([
    ['podId', { podId: 'FR002E60776854' }],
    ['podId', { podId: 'IT002E6077685' }],
    ['aggregatorId', { aggregatorId: '' }],
    ['customerKind', { customerKind: 'castle' as 'household' }],
    ['wallet', { wallet: '0x12' }],
    ['contractedPowerW', { contractedPowerW: -1 }],
    ['annualEnergyKwh', { annualEnergyKwh: 0.5 }],
    ['pvPeakW', { pvPeakW: NaN }],
  ])('not with a wrong %s', (field, wrong) => {
    given().when(register(wrong)).thenRefused('pod-malformed');
    expect(violationsOf(register(wrong))).toEqual([field]);
  });

  it('or refused with all that is wrong at once', () => {
    const wrong = register({ podId: 'x', wallet: '', pvPeakW: -1 });
    expect(violationsOf(wrong)).toEqual(['wallet', 'pvPeakW', 'podId']);
  });
});

describe('a registered PoD', () => {
  it('changes its details, checked as at registration', () => {
    const moved: PodEvent = {
      type: 'PodDetailsChanged',
      data: { podId, ...details, aggregatorId: 'AGG2' },
    };
    given(registered)
      .when(change({ aggregatorId: 'AGG2' }))
      .then(moved);
    given(registered, moved)
      .when(change({ aggregatorId: 'AGG2' }))
      .then();
    given(registered).when(change({})).then();
    given(registered)
      .when(change({ contractedPowerW: -5 }))
      .thenRefused('pod-malformed');
  });

  it('tells its supply and its connection, each checked by its fields', () => {
    const supply = { by: 'feeder', code: 'l7' } as const;
    const connection: PodConnection = {
      zone: 'Rome',
      voltageLevel: 'LV',
      withdrawalLimitW: 6_000,
      feedInLimitW: 3_000,
      inductiveLimitVar: 0,
      capacitiveLimitVar: 0,
      flexibilityType: 'discrete',
      smartContractId: null,
      meterSerialNumber: 'M1',
      meterGeneration: 2,
      storageW: 0,
      storageWh: 0,
      evChargerW: 7_400,
      cogenerationW: 0,
    };
    const told: PodEvent = {
      type: 'PodDetailsChanged',
      data: { podId, ...details, supply, connection },
    };
    given(registered).when(change({ supply, connection })).then(told);
    given(registered, told).when(change({ supply, connection })).then();
    given(registered, told)
      .when(change({ supply }))
      .then({ type: 'PodDetailsChanged', data: { podId, ...details, supply } });
    const wrong = change({
      supply: { by: 'feeder', code: '' },
      connection: { ...connection, zone: '', meterGeneration: 3, storageW: -1 },
    });
    expect(violationsOf(wrong, [registered])).toEqual([
      'supply.code',
      'connection.zone',
      'connection.meterGeneration',
      'connection.storageW',
    ]);
  });

  it('is located, and located elsewhere', () => {
    const elsewhere: PodCommand = { ...locate, busId: 'b8' };
    given(registered).when(locate).then(located);
    given(registered, located).when(locate).then();
    given(registered, located)
      .when(elsewhere)
      .then({ type: 'PodLocated', data: { podId, ...location, busId: 'b8', podRecord } });
  });

  it('is told whole when it is located, and with its place when its details change then', () => {
    const services = ['congestionManagement'] as const;
    const named: PodEvent = { type: 'ServicesNamed', data: { podId, services } };
    given(registered, declared, named)
      .when(locate)
      .then({
        type: 'PodLocated',
        data: { podId, ...location, podRecord: { ...details, flexibility, services } },
      });
    const data = { podId, ...details, pvPeakW: 900, location };
    given(registered, located)
      .when(change({ pvPeakW: 900 }))
      .then({ type: 'PodDetailsChanged', data });
    given(registered, located, { type: 'PodDetailsChanged', data })
      .when(change({ pvPeakW: 900 }))
      .then();
  });

  it('declares what it can move', () => {
    given(registered).when(declare).then(declared);
    given(registered, declared).when(declare).then();
    given(registered)
      .when({ ...declare, upW: -1, downVar: 1.5 })
      .thenRefused('flexibility-malformed');
    expect(violationsOf({ ...declare, upW: -1, downVar: 1.5 }, [registered])).toEqual([
      'upW',
      'downVar',
    ]);
    const curve = Array.from({ length: 96 }, (_, quarter) => quarter * 10);
    const byClock = { ...flexibility, upW: curve };
    given(registered, declared)
      .when({ ...declare, upW: curve })
      .then({ type: 'FlexibilityDeclared', data: { podId, ...byClock } });
    given(registered, { type: 'FlexibilityDeclared', data: { podId, ...byClock } })
      .when({ ...declare, upW: [...curve] })
      .then();
    given(registered, { type: 'FlexibilityDeclared', data: { podId, ...byClock } })
      .when(declare)
      .then(declared);
    expect(
      violationsOf({ ...declare, upW: curve.slice(4), upVar: curve.with(7, -1) }, [registered]),
    ).toEqual(['upW', 'upVar']);
    expect(
      (['P', 'Q'] as const).flatMap((product) =>
        (['up', 'down'] as const).map((direction) =>
          declaredLimit(flexibility, product, direction),
        ),
      ),
    ).toEqual([2_000, 1_000, 100, 0]);
  });

  it('has a baseline for each MTU of the day, feeding in being negative', () => {
    const baselineW = new Array<number>(92).fill(-250);
    given(registered)
      .when(baseline(baselineW))
      .then({
        type: 'BaselineDeclared',
        data: { podId, deliveryDay: '2026-03-29', baselineW, origin: 'imported' },
      });
    given(registered)
      .when(baseline(new Array<number>(96).fill(0)))
      .thenRefused('baseline-malformed');
    expect(violationsOf(baseline(baselineW.with(3, 0.5)), [registered])).toEqual(['baselineW[3]']);
  });

  it('has the baseline declared last: the same again changes nothing, after another it counts', () => {
    const [one, other] = [-250, 400].map((watts) => new Array<number>(92).fill(watts));
    const declared = (baselineW: readonly number[]): PodEvent => ({
      type: 'BaselineDeclared',
      data: { podId, deliveryDay: '2026-03-29', baselineW, origin: 'imported' },
    });
    given(registered, declared(one!)).when(baseline(one!)).then();
    given(registered, declared(one!)).when(baseline(other!)).then(declared(other!));
    given(registered, declared(one!), declared(other!)).when(baseline(one!)).then(declared(one!));
  });

  it('has a baseline of reactive power beside it, if its aggregator declares one', () => {
    const baselineW = new Array<number>(92).fill(400);
    const baselineVar = baselineW.map((_, mtu) => mtu - 50);
    const both = { ...baseline(baselineW), baselineVar } as PodCommand;
    const base = { podId, deliveryDay: '2026-03-29', baselineW, origin: 'imported' } as const;
    const declaredBoth: PodEvent = { type: 'BaselineDeclared', data: { ...base, baselineVar } };
    const declaredOne: PodEvent = { type: 'BaselineDeclared', data: base };
    given(registered, declaredOne).when(both).then(declaredBoth);
    given(registered, declaredBoth).when(both).then();
    given(registered, declaredBoth).when(baseline(baselineW)).then(declaredOne);
    const wrong = { ...both, baselineVar: [...baselineVar, 0.5] } as PodCommand;
    expect(violationsOf(wrong, [registered])).toEqual(['baselineVar', 'baselineVar[92]']);
  });

  it('is switched off and on for a day', () => {
    given(registered).when(switchTo(true)).then();
    given(registered).when(switchTo(false)).then(switched(false));
    given(registered, switched(false)).when(switchTo(false)).then();
    given(registered, switched(false)).when(switchTo(true)).then(switched(true));
    given(registered, switched(false), switched(true)).when(switchTo(false)).then(switched(false));
  });

  it('is flagged out of the automatic offers and in again, by the aggregator it has then', () => {
    const flag = (automaticOffers: boolean): PodCommand => ({
      kind: 'changeAutomaticOffers',
      podId,
      automaticOffers,
    });
    const flagged = (automaticOffers: boolean, aggregatorId = 'AGG1'): PodEvent => ({
      type: 'AutomaticOffersChanged',
      data: { podId, aggregatorId, automaticOffers },
    });
    const moved: PodEvent = {
      type: 'PodDetailsChanged',
      data: { podId, ...details, aggregatorId: 'AGG2' },
    };
    given(registered).when(flag(true)).then();
    given(registered).when(flag(false)).then(flagged(false));
    given(registered, flagged(false)).when(flag(false)).then();
    given(registered, flagged(false)).when(flag(true)).then(flagged(true));
    given(registered, flagged(false), moved).when(flag(false)).then(flagged(false, 'AGG2'));
    given(registered, flagged(false), unregistered, registered)
      .when(flag(false))
      .then(flagged(false));
  });

  it('is unregistered', () => {
    given(registered).when(end).then(unregistered);
  });
});

describe('a PoD that is not registered', () => {
  it.each<[PodCommand]>([
    [change({})],
    [locate],
    [declare],
    [baseline([])],
    [switchTo(false)],
    [{ kind: 'changeAutomaticOffers', podId, automaticOffers: false }],
    [end],
  ])('refuses $kind', (command) => {
    given().when(command).thenRefused('pod-unknown');
    given(registered, unregistered).when(command).thenRefused('pod-unknown');
  });

  it('ignores events of others and of later versions', () => {
    const { evolve, initialState } = podDecider;
    const late = { type: 'PodPainted', data: { podId } } as unknown as PodEvent;
    expect(evolve(initialState, located)).toBe(initialState);
    const state = evolve(initialState, registered);
    expect(evolve(state, late)).toBe(state);
  });
});

describe('whatever is asked of a PoD', () => {
  const command: fc.Arbitrary<PodCommand> = fc.constantFrom(
    register(),
    register({ aggregatorId: 'AGG2' }),
    change({ pvPeakW: 5 }),
    change({}),
    locate,
    declare,
    switchTo(true),
    switchTo(false),
    end,
  );

  it('asking twice changes it once', () => {
    const { decide, evolve, initialState } = podDecider;
    const attempt = (state: typeof initialState, given: PodCommand): PodEvent[] => {
      try {
        return decide(given, state);
      } catch {
        return [];
      }
    };
    fc.assert(
      fc.property(fc.array(command, { maxLength: 12 }), (commands) => {
        let state = initialState;
        for (const given of commands) {
          state = attempt(state, given).reduce(evolve, state);
          expect(attempt(state, given)).toEqual([]);
        }
      }),
    );
  });
});

describe('services', () => {
  const named: PodEvent = {
    type: 'ServicesNamed',
    data: { podId, services: ['congestionManagement', 'voltageManagement'] },
  };
  const qualified: PodEvent = {
    type: 'ServiceQualified',
    data: { podId, service: 'congestionManagement', qualifiedBy: 'DSO' },
  };
  const refused: PodEvent = {
    type: 'ServiceRefused',
    data: { podId, service: 'voltageManagement', refusedBy: 'TSO', reason: 'no inverter' },
  };
  const name = (...services: readonly string[]) =>
    ({ kind: 'nameServices', podId, services }) as PodCommand;
  const judge = (service: 'congestionManagement' | 'voltageManagement', requester: 'DSO' | 'TSO') =>
    ({ podId, service, requester }) as const;

  it('are named in one order, once', () => {
    const both = name('voltageManagement', 'congestionManagement');
    given(registered).when(both).then(named);
    given(registered, named).when(both).then();
    given(registered).when(name('heating')).thenRefused('services-malformed');
  });

  const qualify = { kind: 'qualifyService', ...judge('congestionManagement', 'DSO') } as const;
  const refuse = {
    kind: 'refuseService',
    ...judge('voltageManagement', 'TSO'),
    reason: 'no inverter',
  } as const;
  const none: PodEvent = { type: 'ServicesNamed', data: { podId, services: [] } };
  const servicesAfter = (...past: readonly PodEvent[]) => {
    const state = past.reduce(podDecider.evolve, podDecider.initialState);
    return 'services' in state ? state.services : undefined;
  };
  const TSO_REFUSES = { TSO: { status: 'refused', reason: 'no inverter' } };

  it('are qualified when they were named, refused in any case', () => {
    given(registered).when(qualify).thenRefused('service-unknown');
    given(registered, named).when(qualify).then(qualified);
    given(registered, named, qualified).when(qualify).then();
    given(registered, named).when(refuse).then(refused);
    given(registered, named, refused).when(refuse).then();
    given(registered).when(refuse).then(refused);
  });

  it('have a standing by system operator: neither speaks for the other', () => {
    const other = { kind: 'qualifyService', ...judge('voltageManagement', 'DSO') } as const;
    const otherQualifies: PodEvent = {
      type: 'ServiceQualified',
      data: { podId, service: 'voltageManagement', qualifiedBy: 'DSO' },
    };
    given(registered, named, refused).when(other).then(otherQualifies);
    given(registered, named, refused, otherQualifies).when(refuse).then();
    expect(servicesAfter(registered, named, refused, otherQualifies)).toMatchObject({
      voltageManagement: { judgements: { DSO: { status: 'qualified' }, ...TSO_REFUSES } },
    });
  });

  it('that are named on keep what was said of them; of what is named anew refusals are left', () => {
    expect(servicesAfter(registered, named, qualified, refused, none, named)).toEqual({
      congestionManagement: { named: true, judgements: {} },
      voltageManagement: { named: true, judgements: TSO_REFUSES },
    });
  });

  it('stay refused when they are named no longer and when the PoD is registered anew', () => {
    const standing = { voltageManagement: { named: false, judgements: TSO_REFUSES } };
    expect(servicesAfter(registered, named, qualified, refused, none)).toEqual(standing);
    const anew = [registered, named, qualified, refused, unregistered, registered];
    expect(servicesAfter(...anew)).toEqual(standing);
    given(...anew)
      .when(name('congestionManagement', 'voltageManagement'))
      .then(named);
  });

  it('are freed of a refusal by the operator that made it, named or not', () => {
    const lift = { kind: 'qualifyService', ...judge('voltageManagement', 'TSO') } as const;
    const lifted: PodEvent = {
      type: 'ServiceQualified',
      data: { podId, service: 'voltageManagement', qualifiedBy: 'TSO' },
    };
    const gone = [registered, named, refused, none];
    given(...gone)
      .when(lift)
      .then(lifted);
    given(...gone)
      .when({ ...lift, requester: 'DSO' })
      .thenRefused('service-unknown');
    expect(servicesAfter(...gone, lifted)).toEqual({});
  });
});
