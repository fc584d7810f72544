/**
 * What `RegisterPort` promises, as tests that every form of it runs through. A spec imports this file
 * by its path; `index.ts` leaves it out, since it needs Jest.
 */
import { DomainError, type PodCommand } from '@flexledger/domain';
import type { RegisterAnswer, RegisterPort } from '../register';

/** A new, empty register for one test. */
export interface RegisterUnderTest {
  /** The register as a party reaches it: `aggregator:AGG1`, `dso`, `operator`, `platform:market`. */
  as(actor: string): RegisterPort;
  close(): Promise<void>;
}

const DAY = '2026-03-17';
const podId = (index: number): string => `IT002E${String(index).padStart(8, '0')}`;
const details = (aggregatorId: string) => ({
  aggregatorId,
  customerKind: 'household' as const,
  contractedPowerW: 6_000,
  annualEnergyKwh: 2_700,
  pvPeakW: 3_000,
  wallet: `0x${'ab'.repeat(20)}`,
});
const registered = (index: number, aggregatorId = 'AGG1'): PodCommand => ({
  kind: 'registerPod',
  podId: podId(index),
  ...details(aggregatorId),
});
/** Grid `rome` has buses n1 to n50 under one point of measurement. */
const located = (index: number): PodCommand => ({
  kind: 'locatePod',
  podId: podId(index),
  gridId: 'rome',
  busId: `n${((index - 1) % 50) + 1}`,
  pom: 'PS-t1',
});
const flexibility = { upW: 900, downW: 100, upVar: 0, downVar: 0 };
const flexible = (index: number): PodCommand => ({
  kind: 'declareFlexibility',
  podId: podId(index),
  ...flexibility,
});
const baseline = (index: number, watts: number): PodCommand => ({
  kind: 'declareBaseline',
  podId: podId(index),
  deliveryDay: DAY,
  mtuCount: 2,
  baselineW: [watts, watts],
  origin: 'byHand',
});
const off = (index: number): PodCommand => ({
  kind: 'changeAvailability',
  podId: podId(index),
  deliveryDay: DAY,
  available: false,
});

const on = (index: number): PodCommand => ({ ...off(index), available: true }) as PodCommand;

/** Declares the port's tests for one form of it. */
export function registerPromises(name: string, open: () => Promise<RegisterUnderTest>): void {
  describe(`${name} keeps the register's promises:`, () => {
    let under: RegisterUnderTest;
    let lists = 0;

    beforeEach(async () => {
      under = await open();
    });
    afterEach(() => under.close());

    const submit = (
      actor: string,
      commands: readonly PodCommand[],
      requestId = `list ${(lists += 1)}`,
    ): Promise<readonly RegisterAnswer[]> => under.as(actor).submit(commands, { requestId, actor });
    const market = (): RegisterPort => under.as('platform:market');
    const submitRecurring = (
      actor: string,
      commands: readonly PodCommand[],
    ): Promise<readonly RegisterAnswer[]> => {
      const request = { requestId: 'recurring', mayRecur: true, actor } as const;
      return under.as(actor).submit(commands, request);
    };

    it('commands are carried out in their order and answered in it, each by itself', async () => {
      const answers = await submit('aggregator:AGG1', [
        registered(2),
        flexible(9),
        registered(1),
        registered(2),
        { ...registered(3), wallet: 'none' } as PodCommand,
      ]);
      expect(answers.map(outcome)).toEqual([
        [podId(2), 'changed'],
        [podId(9), 'pod-unknown'],
        [podId(1), 'changed'],
        [podId(2), 'as it was'],
        [podId(3), 'pod-malformed'],
      ]);
      const [, , , , malformed] = answers;
      expect(malformed).toMatchObject({ error: { violations: [{ field: 'wallet' }] } });
      expect(await ids(market().podsOf({ aggregatorId: 'AGG1' }))).toEqual([podId(1), podId(2)]);
    });

    it('the same list under the same name changes nothing', async () => {
      const list = [registered(1), flexible(1), off(1)];
      await submit('aggregator:AGG1', list, 'again');
      const before = await market().pod(podId(1));
      const answers = await submit('aggregator:AGG1', list, 'again');
      expect(answers.map(({ accepted }) => accepted)).toEqual([true, true, true]);
      expect(await market().pod(podId(1))).toEqual(before);
      expect(before).toMatchObject({ unavailableDays: [DAY], flexibility });
    });

    it('the same list that may recur is decided each time by what stands then', async () => {
      const actor = 'aggregator:AGG1';
      await submit(actor, [registered(1)]);
      const given = [off(1), on(1), off(1), off(1), baseline(1, 4), baseline(1, 5), baseline(1, 4)];
      const answers = [];
      for (const command of [...given, baseline(1, 4)]) {
        answers.push(...(await submitRecurring(actor, [command])));
      }
      const changed = [true, true, true, false, true, true, true, false];
      expect(answers.map((answer) => answer.accepted && answer.changed)).toEqual(changed);
      expect(await market().pod(podId(1))).toMatchObject({ unavailableDays: [DAY] });
      const [{ declared } = { declared: [] }] = await market().baselines([podId(1)], DAY);
      expect(declared.map(({ baselineW }) => baselineW[0])).toEqual([4, 5, 4]);
    });

    it.each<[string, string, PodCommand, string]>([
      ['an aggregator changes its customers', 'aggregator:AGG1', flexible(1), 'changed'],
      ['and those of no other', 'aggregator:AGG2', flexible(1), 'not-permitted'],
      ['registers none for another', 'aggregator:AGG2', registered(5), 'not-permitted'],
      [
        'gives none away',
        'aggregator:AGG1',
        { ...details('AGG2'), kind: 'changePodDetails', podId: podId(1) },
        'not-permitted',
      ],
      ['and locates none', 'aggregator:AGG1', located(1), 'not-permitted'],
      ['the DSO locates', 'dso', located(1), 'changed'],
      ['and does nothing else', 'dso', off(1), 'not-permitted'],
      ['the operator changes availability', 'operator', off(1), 'changed'],
      ['but declares no baseline', 'operator', baseline(1, 1), 'not-permitted'],
      ['and locates none', 'operator', located(1), 'not-permitted'],
    ])('%s', async (_, actor, command, expected) => {
      await submit('aggregator:AGG1', [registered(1)]);
      expect((await submit(actor, [command])).map(outcome)).toEqual([[command.podId, expected]]);
    });

    it('what it told to be accepted is in every answer after', async () => {
      await submit('aggregator:AGG1', [registered(1), flexible(1), baseline(1, 400)]);
      await submit('dso', [located(1)]);
      const reactive = { ...baseline(1, 500), baselineVar: [-20, 30] } as PodCommand;
      await submit('aggregator:AGG1', [reactive, off(1)]);
      const pod = {
        podId: podId(1),
        status: 'registered',
        aggregatorId: 'AGG1',
        gridId: 'rome',
        busId: 'n1',
        pom: 'PS-t1',
        details: details('AGG1'),
        flexibility,
        unavailableDays: [DAY],
        automaticOffers: true,
      };
      expect(await market().pod(podId(1))).toMatchObject(pod);
      expect(await market().podsOf({ gridId: 'rome' })).toMatchObject([pod]);
      const { pods, poms } = await market().lookUp([podId(1)], ['PS-t1']);
      const marketPod = { aggregatorId: 'AGG1', pom: 'PS-t1', flexibility, unavailableDays: [DAY] };
      expect([...pods]).toEqual([[podId(1), marketPod]]);
      expect([...poms]).toEqual(['PS-t1']);
      expect(await market().baselines([podId(1)], DAY)).toEqual([
        {
          podId: podId(1),
          declared: [
            { declaredAt: expect.any(String), baselineW: [400, 400] },
            { declaredAt: expect.any(String), baselineW: [500, 500], baselineVar: [-20, 30] },
          ],
        },
      ]);
    });

    it('a curve is told as it was declared', async () => {
      const upW = Array.from({ length: 96 }, (_, quarter) => quarter);
      const byClock = { ...flexible(1), upW } as PodCommand;
      const short = { ...flexible(1), upW: upW.slice(4) } as PodCommand;
      await submit('aggregator:AGG1', [registered(1)]);
      await submit('dso', [located(1)]);
      const answers = await submit('aggregator:AGG1', [byClock, short]);
      expect(answers).toMatchObject([
        { accepted: true },
        {
          accepted: false,
          error: { code: 'flexibility-malformed', violations: [{ field: 'upW' }] },
        },
      ]);
      const { pods } = await market().lookUp([podId(1)], []);
      expect(pods.get(podId(1))?.flexibility).toEqual({ ...flexibility, upW });
    });

    it('what nobody knows is absent', async () => {
      await submit('aggregator:AGG1', [registered(1), flexible(1)]);
      expect(await market().pod(podId(7))).toBeUndefined();
      expect(await market().podsOf({ aggregatorId: 'AGG7' })).toEqual([]);
      // Registered and not located: the market cannot judge it yet.
      const { pods, poms } = await market().lookUp([podId(7), podId(1)], ['PS7', 'PS-t1']);
      expect([pods.size, poms.size]).toEqual([0, 0]);
      expect(await market().baselines([podId(7), podId(1)], DAY)).toEqual([]);
      expect(await market().baselines([], DAY)).toEqual([]);
      expect((await market().lookUp([], [])).pods.size).toBe(0);
    });

    it('a point of measurement is known as long as a registered PoD hangs under it', async () => {
      await submit('aggregator:AGG1', [registered(1)]);
      await submit('dso', [located(1)]);
      expect([...(await market().lookUp([], ['PS-t1', 'PS4'])).poms]).toEqual(['PS-t1']);
      await submit('aggregator:AGG1', [
        { kind: 'unregisterPod', podId: podId(1), reason: 'moved' },
      ]);
      expect([...(await market().lookUp([], ['PS-t1', 'PS4'])).poms]).toEqual([]);
    });

    it('lists have no end', async () => {
      const count = 1_205;
      const indexes = Array.from({ length: count }, (_, index) => count - index);
      const codes = indexes.map(podId);
      const answers = await submit(
        'aggregator:AGG1',
        indexes.map((index) => registered(index)),
      );
      expect(answers.map((answer) => answer.podId)).toEqual(codes);
      await submit('aggregator:AGG1', indexes.map(flexible));
      await submit(
        'aggregator:AGG1',
        indexes.map((index) => baseline(index, index)),
      );
      await submit(
        'dso',
        indexes.map((index) => located(index)),
      );
      expect(await ids(market().podsOf({ gridId: 'rome' }))).toEqual(codes.toReversed());
      const poms = [...indexes.map((index) => `PS${index}`), 'PS-t1'];
      const found = await market().lookUp(codes, poms);
      expect([...found.pods.keys()]).toEqual(codes);
      expect([...found.poms]).toEqual(['PS-t1']);
      const baselines = await market().baselines(codes, DAY);
      expect(baselines.map((declared) => declared.podId)).toEqual(codes);
      expect(baselines[0]!.declared[0]!.baselineW).toEqual([count, count]);
    });
  });
}

function outcome(answer: RegisterAnswer): [podId: string, outcome: string] {
  if (answer.accepted) return [answer.podId, answer.changed ? 'changed' : 'as it was'];
  expect(answer.error).toBeInstanceOf(DomainError);
  return [answer.podId, answer.error.code];
}

async function ids(pods: Promise<readonly { readonly podId: string }[]>): Promise<string[]> {
  return (await pods).map(({ podId: id }) => id);
}
