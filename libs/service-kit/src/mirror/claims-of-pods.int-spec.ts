/** Two logs that say otherwise whose a PoD is: it stays with whom this one has it, and the other's claim is evidence. */
import { type MirrorAlarm, type ProposedEvent, type RecordedEvent } from '@flexledger/domain';
import { sleep } from '@flexledger/runtime';
import {
  all,
  alarms,
  cut,
  dataOf,
  follow,
  following,
  mirrored,
  ours,
  own,
  proposed,
  serve,
  theirs,
  until,
  untilMirrored,
  useTwoLogs,
} from './testing/two-logs';

useTwoLogs();

describe('a PoD that the other log gives to another aggregator', () => {
  const podId = 'IT002E60000001';
  const stream = `pod-${podId}`;
  const details = (aggregatorId: string) => ({
    podId,
    aggregatorId,
    customerKind: 'household',
    contractedPowerW: 3_000,
    annualEnergyKwh: 2_500,
    pvPeakW: 0,
    wallet: `0x${'1'.repeat(40)}`,
  });
  const registered = proposed('PodRegistered', details('AGG1'));
  const changed = (aggregatorId: string) => proposed('PodDetailsChanged', details(aggregatorId));

  it('is its, where it was registered by its word', async () => {
    await theirs.append(stream, 'noStream', [registered, changed('AGG2')]);
    await follow('operator');
    await untilMirrored(2);
    await theirs.append(stream, 'any', [changed('AGG3')]);
    await untilMirrored(3);
    expect((await mirrored()).map(({ became }) => became)).toEqual(['taken', 'taken', 'taken']);
    expect(await alarms()).toEqual([]);
  });

  it('stays with whom this log has registered it for, until the other says alike', async () => {
    await ours.append(stream, 'noStream', [registered]);
    await theirs.append(stream, 'noStream', [changed('AGG2')]);
    await follow('operator');
    await untilMirrored(1);
    await until(async () => (await alarms()).length > 0);
    await theirs.append(stream, 'any', [
      proposed('PodUnregistered', { podId, aggregatorId: 'AGG2', reason: 'moved' }),
    ]);
    await untilMirrored(2);
    expect((await own()).map(({ id }) => id)).toEqual([registered.id]);
    const [alarm] = await dataOf<MirrorAlarm>('MirrorAlarmRaised');
    expect(alarm!.reason).toMatch(/is registered for AGG1 in this log .* for AGG2 in the other/);
    await theirs.append(stream, 'any', [changed('AGG1')]);
    await untilMirrored(3);
    expect((await mirrored()).map(({ became }) => became)).toEqual(['named', 'named', 'taken']);
    expect(await alarms()).toEqual(['contradicting']);
  });

  const ended = () => proposed('PodUnregistered', { podId, reason: 'moved' });
  /** Our own registration, as the other log shows it again. */
  const echo = async (): Promise<ProposedEvent> => {
    const [{ position: _, recordedAt: __, hash: ___, revision: ____, streamId, ...said }] = (
      await all(ours)
    ).filter(({ id }) => id === registered.id) as [RecordedEvent];
    expect(streamId).toBe(stream);
    return said;
  };

  it.each<[string, () => Promise<ProposedEvent[]>]>([
    ['that shows our registration with it', async () => [await echo(), changed('AGG2')]],
    ['that says alike first', async () => [changed('AGG1'), changed('AGG2')]],
    [
      'that registers it alike first',
      async () => {
        return [proposed('PodRegistered', details('AGG1')), changed('AGG2')];
      },
    ],
    [
      'that is in dispute, shows our registration and ends it',
      async () => {
        return [changed('AGG2'), await echo(), ended(), changed('AGG3')];
      },
    ],
    [
      'that ends it and registers it for itself',
      async () => {
        return [ended(), proposed('PodRegistered', details('AGG2'))];
      },
    ],
  ])('stays where it is before a log %s', async (_, shown) => {
    await ours.append(stream, 'noStream', [registered]);
    const events = await shown();
    await theirs.append(stream, 'noStream', events);
    await follow('operator');
    await untilMirrored(events.length);
    await until(async () => (await alarms()).length > 0);
    expect(await alarms()).toContain('contradicting');
    const standing = (await own()).map(({ type, data }) => [
      type,
      (data as { aggregatorId?: string }).aggregatorId,
    ]);
    expect(standing.filter(([type, of]) => type === 'PodUnregistered' || of !== 'AGG1')).toEqual(
      [],
    );
  });

  it('stays where it is, whenever the other log says that it had our registration', async () => {
    // Stored over there earlier than here.
    await theirs.append(stream, 'noStream', [registered]);
    await sleep(5);
    await ours.append(stream, 'noStream', [registered]);
    await follow('operator');
    await untilMirrored(1);
    await theirs.append(stream, 'any', [changed('AGG2')]);
    await untilMirrored(2);
    await until(async () => (await alarms()).length > 0);
    expect((await mirrored()).map(({ became }) => became)).toEqual(['named', 'named']);
    expect(await alarms()).toEqual(['contradicting']);
  });

  it('is ended by who has registered it', async () => {
    await theirs.append(stream, 'noStream', [registered, ended()]);
    await follow('operator');
    await untilMirrored(2);
    await theirs.append(stream, 'any', [proposed('PodRegistered', details('AGG2'))]);
    await untilMirrored(3);
    await theirs.append(stream, 'any', [ended()]);
    await untilMirrored(4);
    expect(new Set((await mirrored()).map(({ became }) => became))).toEqual(new Set(['taken']));
    expect(await alarms()).toEqual([]);
  });
});

it('a PoD that two organisations claim stays with whom this log has it, and the other’s claim is evidence', async () => {
  const stream = 'pod-IT002E60000001';
  const claim = (aggregatorId: string) =>
    proposed('PodRegistered', {
      podId: 'IT002E60000001',
      aggregatorId,
      customerKind: 'household',
      contractedPowerW: 3_000,
      annualEnergyKwh: 2_500,
      pvPeakW: 0,
      wallet: `0x${'1'.repeat(40)}`,
    });
  const ended = (reason: string) =>
    proposed('PodUnregistered', { podId: 'IT002E60000001', aggregatorId: 'AGG2', reason });
  await ours.append(stream, 'noStream', [claim('AGG1')]);
  await theirs.append(stream, 'noStream', [claim('AGG2')]);
  await follow('operator');
  await untilMirrored(1);
  await until(async () => (await alarms()).length > 0);
  expect(await alarms()).toEqual(['contradicting']);
  const [alarm] = await dataOf<MirrorAlarm>('MirrorAlarmRaised');
  expect(alarm!.reason).toMatch(
    /IT002E60000001 is registered for AGG1 in this log .* for AGG2 in the other/,
  );
  expect(JSON.parse(alarm!.shown!)).toMatchObject({ data: { aggregatorId: 'AGG2' } });

  // It would end the registration that stands here; not after another connection either.
  following.abort();
  await cut();
  await serve();
  await follow('operator');
  await theirs.append(stream, 'any', [ended('moved')]);
  await untilMirrored(2);
  expect((await own()).map(({ data }) => (data as { aggregatorId: string }).aggregatorId)).toEqual([
    'AGG1',
  ]);

  await theirs.append(stream, 'any', [claim('AGG1')]);
  await untilMirrored(3);
  expect((await mirrored()).map(({ became }) => became)).toEqual(['named', 'named', 'taken']);
  expect(await alarms()).toEqual(['contradicting']);
});
