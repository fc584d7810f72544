/** Events of a PoD, its node and its agreement -> one document. */
import type { AgreementEvent, AgreementTerms, NodeEvent, PodEvent } from '@flexledger/domain';
import { documentsAfter, inStream, timeAt } from '../testing/recorded-log';
import { baselinesView } from './baselines-view';
import { type PodDocument, podRegisterView } from './pod-register-view';

const podId = 'IT002E60776854';
const details = {
  aggregatorId: 'AGG1',
  customerKind: 'household' as const,
  contractedPowerW: 3_000,
  annualEnergyKwh: 2_700,
  pvPeakW: 0,
  wallet: '0x1111111111111111111111111111111111111111',
};
const location = { gridId: 'rome', busId: 'bus-7', pom: 'CP-Tiburtina' };
const flexibility = { upW: 1_000, downW: 500, upVar: 0, downVar: 0 };
const registered: PodEvent = { type: 'PodRegistered', data: { podId, ...details } };

const podAfter = (
  pod: readonly PodEvent[],
  node: readonly NodeEvent[] = [],
  agreement: readonly AgreementEvent[] = [],
): PodDocument | undefined =>
  documentsAfter(podRegisterView, [
    ...inStream(`pod-${podId}`, pod),
    ...inStream(`node-${podId}`, node),
    ...inStream(`agreement-${podId}`, agreement),
  ])[0];

describe('the PoD', () => {
  it('is flagged out of the automatic offers until another aggregator has it', () => {
    const flagged: PodEvent = {
      type: 'AutomaticOffersChanged',
      data: { podId, aggregatorId: 'AGG1', automaticOffers: false },
    };
    const moved = { ...registered, type: 'PodDetailsChanged' } as PodEvent;
    const toOther = { ...moved, data: { ...moved.data, aggregatorId: 'AGG2' } } as PodEvent;
    expect(podAfter([registered, flagged])).toMatchObject({ automaticOffers: false });
    expect(podAfter([registered, flagged, moved])).toMatchObject({ automaticOffers: false });
    expect(podAfter([registered, flagged, toOther])).toMatchObject({ automaticOffers: true });
  });

  it('keeps a refusal of a system operator when it is registered anew', () => {
    const services = ['congestionManagement', 'voltageManagement'] as const;
    const named: PodEvent = { type: 'ServicesNamed', data: { podId, services } };
    const refused: PodEvent = {
      type: 'ServiceRefused',
      data: { podId, service: 'congestionManagement', refusedBy: 'DSO', reason: 'slow meter' },
    };
    const unregistered: PodEvent = { type: 'PodUnregistered', data: { podId, reason: 'moved' } };
    const judgements = { DSO: { status: 'refused', reason: 'slow meter' } };
    expect(podAfter([registered, named, refused, unregistered, registered])?.services).toEqual({
      congestionManagement: { named: false, judgements },
    });
  });

  it('is registered with its details, and nothing else yet', () => {
    expect(podAfter([registered])).toEqual({
      podId,
      status: 'registered',
      aggregatorId: 'AGG1',
      gridId: null,
      busId: null,
      pom: null,
      details,
      flexibility: null,
      unavailableDays: [],
      automaticOffers: true,
      services: {},
      node: null,
      silence: null,
      agreement: null,
      lastChange: { action: 'activate', sentAt: timeAt(0), validFrom: timeAt(0) },
    });
  });

  it('says what was last done to its record, and since when that is so', () => {
    const [locatedOnce, declared]: PodEvent[] = [
      { type: 'PodLocated', data: { podId, ...location } },
      { type: 'FlexibilityDeclared', data: { podId, ...flexibility } },
    ];
    const past: PodEvent[] = [registered];
    const after = (event: PodEvent) => {
      past.push(event);
      const { action, sentAt, validFrom } = podAfter(past)!.lastChange!;
      return [action, sentAt, validFrom];
    };
    expect(after(locatedOnce!)).toEqual(['activate', timeAt(0), timeAt(1)]);
    expect(after(declared!)).toEqual(['activate', timeAt(2), timeAt(2)]);
    const off = { podId, deliveryDay: '2026-03-18', available: false };
    expect(after({ type: 'AvailabilityChanged', data: off })).toEqual([
      'activate',
      timeAt(2),
      timeAt(2),
    ]);
    expect(after(locatedOnce!)).toEqual(['modify', timeAt(2), timeAt(4)]);
    expect(after({ type: 'PodUnregistered', data: { podId, reason: 'moved' } })).toEqual([
      'delete',
      timeAt(5),
      timeAt(5),
    ]);
  });

  it('is located, declares flexibility and changes details', () => {
    expect(
      podAfter([
        registered,
        { type: 'PodLocated', data: { podId, ...location } },
        { type: 'FlexibilityDeclared', data: { podId, ...flexibility } },
        { type: 'PodDetailsChanged', data: { podId, ...details, aggregatorId: 'AGG2' } },
      ]),
    ).toMatchObject({
      status: 'registered',
      aggregatorId: 'AGG2',
      details: { ...details, aggregatorId: 'AGG2' },
      ...location,
      flexibility,
    });
  });

  it('is unavailable on the days switched off, until they are switched on again', () => {
    const change = (deliveryDay: string, available: boolean): PodEvent => ({
      type: 'AvailabilityChanged',
      data: { podId, deliveryDay, available },
    });
    const off = [change('2026-03-18', false), change('2026-03-17', false)];
    expect(podAfter([registered, ...off])?.unavailableDays).toEqual(['2026-03-18', '2026-03-17']);
    expect(podAfter([registered, ...off, change('2026-03-18', true)])?.unavailableDays).toEqual([
      '2026-03-17',
    ]);
  });

  it('stays in the register when it is unregistered, and begins anew when registered again', () => {
    const gone: PodEvent[] = [
      registered,
      { type: 'PodLocated', data: { podId, ...location } },
      { type: 'FlexibilityDeclared', data: { podId, ...flexibility } },
      { type: 'PodUnregistered', data: { podId, reason: 'moved' } },
    ];
    expect(podAfter(gone)).toMatchObject({ status: 'unregistered', details, ...location });
    const lastChange = { action: 'activate', sentAt: timeAt(4), validFrom: timeAt(4) };
    expect(podAfter([...gone, registered])).toEqual({ ...podAfter([registered]), lastChange });
  });
});

describe('the node', () => {
  const enrolled: NodeEvent = {
    type: 'NodeEnrolled',
    data: { podId, publicKey: '04aa', meterDriver: 'simulated' },
  };

  it('is enrolled, also before its PoD is registered', () => {
    const pod = podAfter([], [enrolled]);
    expect(pod).toMatchObject({ podId, status: 'unknown', aggregatorId: null, details: null });
    expect(pod?.node).toEqual({
      publicKey: '04aa',
      meterDriver: 'simulated',
      meterSerialNumber: null,
      connected: false,
      connectionSince: null,
      anomalies: [],
    });
  });

  it('connects, disconnects and changes its key', () => {
    const node = podAfter(
      [registered],
      [
        enrolled,
        { type: 'NodeConnected', data: { podId } },
        { type: 'KeyRotated', data: { podId, publicKey: '04bb' } },
      ],
    )?.node;
    expect(node).toMatchObject({ publicKey: '04bb', connected: true, connectionSince: timeAt(2) });
    const left = podAfter(
      [registered],
      [
        enrolled,
        { type: 'NodeConnected', data: { podId } },
        { type: 'NodeDisconnected', data: { podId } },
      ],
    );
    expect(left).toMatchObject({
      node: { connected: false, connectionSince: timeAt(3) },
      silence: `AGG1/${timeAt(3)}`,
    });
  });

  it('has the anomalies that stand, each since it was raised', () => {
    const raised: NodeEvent[] = [
      enrolled,
      { type: 'AnomalyRaised', data: { podId, anomaly: 'meter', detail: 'no answer' } },
      { type: 'AnomalyRaised', data: { podId, anomaly: 'ems', detail: 'refused' } },
    ];
    const meter = { anomaly: 'meter', detail: 'no answer', raisedAt: timeAt(1) };
    const ems = { anomaly: 'ems', detail: 'refused', raisedAt: timeAt(2) };
    expect(podAfter([], raised)?.node?.anomalies).toEqual([meter, ems]);
    const cleared: NodeEvent = { type: 'AnomalyCleared', data: { podId, anomaly: 'meter' } };
    expect(podAfter([], [...raised, cleared])?.node?.anomalies).toEqual([ems]);
  });

  it('that was never enrolled leaves no trace', () => {
    expect(podAfter([registered], [{ type: 'NodeConnected', data: { podId } }])?.node).toBeNull();
  });
});

describe('the agreement', () => {
  const terms: AgreementTerms = {
    podId,
    aggregatorId: 'AGG1',
    customerSharePerMille: 700,
    customerPenaltySharePerMille: 200,
    aggregatorWallet: '0x2222222222222222222222222222222222222222',
  };
  const proposed: AgreementEvent = { type: 'AgreementProposed', data: terms };
  const accepted: AgreementEvent = { type: 'AgreementAccepted', data: { podId } };
  const agreementAfter = (events: readonly AgreementEvent[]): PodDocument['agreement'] =>
    podAfter([], [], events)?.agreement ?? null;

  it('is proposed, accepted and certified', () => {
    expect(agreementAfter([proposed])).toEqual({
      status: 'proposed',
      terms,
      reason: null,
      termsDigest: null,
      txHash: null,
      endTxHash: null,
      acceptedHash: null,
      changedAt: timeAt(0),
    });
    /** As the recorded log of these tests has it: of the event at position 1. */
    const acceptance = '1'.padStart(64, '0');
    const certified: AgreementEvent = {
      type: 'AgreementCertified',
      data: { podId, acceptance, termsDigest: 'dd', txHash: '0xee' },
    };
    expect(agreementAfter([proposed, accepted, certified])).toEqual({
      status: 'inForce',
      terms,
      reason: null,
      termsDigest: 'dd',
      txHash: '0xee',
      endTxHash: null,
      acceptedHash: acceptance,
      changedAt: timeAt(1),
    });
    const ended: AgreementEvent = { type: 'AgreementEnded', data: { podId, reason: 'moved' } };
    const endCertified = (of: string): AgreementEvent => ({
      type: 'AgreementEndCertified',
      data: { podId, acceptance: of, termsDigest: 'dd', txHash: '0xff' },
    });
    const over = [proposed, accepted, certified, ended];
    expect(agreementAfter([...over, endCertified(acceptance)])).toMatchObject({
      endTxHash: '0xff',
    });
    expect(agreementAfter([...over, endCertified('another')])).toMatchObject({ endTxHash: null });
  });

  it('is refused or ended, with the reason, and may be proposed anew', () => {
    const refused: AgreementEvent = { type: 'AgreementRefused', data: { podId, reason: 'no' } };
    const ended: AgreementEvent = { type: 'AgreementEnded', data: { podId, reason: 'moved' } };
    expect(agreementAfter([proposed, refused])).toMatchObject({ status: 'refused', reason: 'no' });
    const over = [proposed, accepted, ended];
    expect(agreementAfter(over)).toMatchObject({ status: 'ended', reason: 'moved', terms });
    expect(agreementAfter([...over, proposed])).toMatchObject({ status: 'proposed', reason: null });
  });

  it('that was never proposed leaves no trace', () => {
    expect(agreementAfter([accepted])).toBeNull();
  });
});

describe('baselines', () => {
  const declared = (deliveryDay: string, watts: number, reactive = {}): PodEvent => ({
    type: 'BaselineDeclared',
    data: { podId, deliveryDay, baselineW: [watts, watts], ...reactive, origin: 'forecast' },
  });

  it('are kept by PoD and day, the last one declared, and as they stood before', () => {
    const events = inStream(`pod-${podId}`, [
      declared('2026-03-17', 100, { baselineVar: [-5, 5] }),
      declared('2026-03-18', 200),
      declared('2026-03-17', 300),
    ]);
    const documents = documentsAfter(baselinesView, events);
    expect(documents).toEqual([
      {
        podId,
        deliveryDay: '2026-03-17',
        baselineW: [300, 300],
        baselineVar: null,
        origin: 'forecast',
        declaredAt: timeAt(2),
        earlier: [{ baselineW: [100, 100], baselineVar: [-5, 5], declaredAt: timeAt(0) }],
      },
      {
        podId,
        deliveryDay: '2026-03-18',
        baselineW: [200, 200],
        baselineVar: null,
        origin: 'forecast',
        declaredAt: timeAt(1),
        earlier: [],
      },
    ]);
  });
});
