/**
 * The topics of a real Kafka of one node: who is shown what, in which order, with which rights, and what survives a
 * publisher that ends and a node that is killed. Skipped by name where there is no Kafka.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RecordedEvent } from '@flexledger/domain';
import { openSqliteEventStore } from '@flexledger/event-store';
import { uuidFrom } from '@flexledger/identity';
import { wallClock } from '@flexledger/runtime';
import { partyLog } from '@flexledger/service-kit';
import {
  describeOnKafka,
  event,
  eventually,
  measured,
  once,
  publishesWholeDay,
} from './kafka.spec-suite';
import { openKafka } from './kafka-client';
import { createKafkaPublisher } from './publisher';

describeOnKafka(1, 'one node', (kafka) => {
  it('hold what their party is shown: own rows, own PoDs, in order by key, under the event’s id', async () => {
    await kafka.provision('shown.');
    for (let sequence = 0; sequence < 5; sequence += 1) {
      for (const podId of ['IT1', 'IT2']) {
        await kafka.log.append(`meter-${podId}`, 'any', [measured(podId, sequence)]);
      }
    }
    const rows = [{ aggregatorId: 'alfa' }, { aggregatorId: 'beta' }, { aggregatorId: 'beta' }];
    await kafka.log.append('session-1', 'any', [
      event('result', 'ResultPublished', { sessionId: 'session-1', rows }),
    ]);
    await kafka.publishAll('shown.');

    const topicsOfAlfa = ['shown.measurements_alfa', 'shown.validated_outcome_alfa'];
    const ofAlfa = once(await kafka.read('aggregator.alfa', topicsOfAlfa, 6));
    const measurements = ofAlfa.filter(({ topic }) => topic === 'shown.measurements_alfa');
    expect(measurements.map(({ key, event: { data } }) => ({ key, data }))).toEqual(
      [0, 1, 2, 3, 4].map((sequence) => ({ key: 'IT1', data: { podId: 'IT1', sequence } })),
    );
    const [outcome] = ofAlfa.filter(({ topic }) => topic === 'shown.validated_outcome_alfa');
    expect(outcome).toMatchObject({
      key: 'session-1',
      id: uuidFrom('result'),
      event: {
        specversion: '1.0',
        id: uuidFrom('result'),
        type: 'flexledger.ResultPublished',
        data: { rows: [{ aggregatorId: 'alfa' }] },
        flexledgerpartial: true,
      },
    });
    const ofMarket = once(await kafka.read('operator', ['shown.measurements_market'], 10));
    expect(ofMarket).toHaveLength(10);
  });

  it('hold receipts and agreements of their own party’s PoDs', async () => {
    await kafka.provision('signed.');
    const of = async (podId: string, aggregatorId: string): Promise<void> => {
      const name = (type: string): string => `${podId}/${type}`;
      await kafka.log.append(`agreement-${podId}`, 'any', [
        event(name('proposed'), 'AgreementProposed', { podId, aggregatorId }),
        event(name('accepted'), 'AgreementAccepted', { podId }),
      ]);
      await kafka.log.append(`node-${podId}`, 'any', [
        event(name('applied'), 'SetpointApplied', { podId, setpointId: '1' }),
        event(name('signed'), 'SetpointReceiptSigned', { podId, content: { setpointId: '1' } }),
      ]);
    };
    await of('IT1', 'alfa');
    await of('IT2', 'beta');
    await kafka.publishAll('signed.');
    const topicsOfAlfa = ['signed.setpoint_receipts_alfa', 'signed.agreements_alfa'];
    const ofAlfa = once(await kafka.read('aggregator.alfa', topicsOfAlfa, 4));
    const typesOf = (topic: string) =>
      ofAlfa.filter((one) => one.topic === topic).map(({ key, event: { type } }) => [key, type]);
    expect(typesOf('signed.setpoint_receipts_alfa')).toEqual([
      ['IT1', 'flexledger.SetpointApplied'],
      ['IT1', 'flexledger.SetpointReceiptSigned'],
    ]);
    expect(typesOf('signed.agreements_alfa')).toEqual([
      ['IT1', 'flexledger.AgreementProposed'],
      ['IT1', 'flexledger.AgreementAccepted'],
    ]);
    const ofDso = once(await kafka.read('dso', ['signed.setpoint_receipts_DSO'], 4));
    expect(ofDso.map(({ key }) => key).toSorted()).toEqual(['IT1', 'IT1', 'IT2', 'IT2']);
  });

  it('are read by their own party only, and written by nobody but the publisher', async () => {
    await kafka.provision('rights.');
    const alfa = await openKafka(kafka.cluster.settings('aggregator.alfa'), 'alfa');
    const admin = alfa.admin();
    await admin.connect();
    await eventually(async () => {
      const visible = (await admin.listTopics()).filter((topic) => topic.startsWith('rights.'));
      expect(visible.toSorted()).toEqual([
        'rights.agreements_alfa',
        'rights.measurements_alfa',
        'rights.setpoint_receipts_alfa',
        'rights.settlement_alfa',
        'rights.validated_outcome_alfa',
      ]);
    });
    await admin.disconnect();
    const producer = alfa.producer();
    await producer.connect();
    const forged = producer.send({
      topic: 'rights.measurements_alfa',
      messages: [{ value: 'forged' }],
    });
    await expect(forged).rejects.toMatchObject({ type: 'TOPIC_AUTHORIZATION_FAILED' });
    await producer.disconnect();
    const reading = kafka.read('aggregator.alfa', ['rights.measurements_beta'], 1);
    await expect(reading).rejects.toMatchObject({ type: 'TOPIC_AUTHORIZATION_FAILED' });
  });

  it('are nothing to who has no certificate', async () => {
    const { tls: _, ...trusting } = kafka.cluster.settings('dso');
    const { caFile: __, ...plain } = trusting;
    for (const settings of [trusting, plain]) {
      const admin = (await openKafka(settings, 'nobody')).admin({ retry: { retries: 0 } });
      await expect(admin.connect()).rejects.toThrow(/./);
      await admin.disconnect();
    }
  });

  it('provisioning again makes nothing and breaks nothing', async () => {
    expect((await kafka.provision('again.')).topics.every(({ isNew }) => isNew)).toBe(true);
    expect((await kafka.provision('again.')).topics.some(({ isNew }) => isNew)).toBe(false);
  });

  it('a topic that is missing halts the publisher with the reason, and nothing is passed over', async () => {
    await kafka.log.append('meter-IT1', 'any', [measured('IT1', 0)]);
    let recorded: RecordedEvent | undefined;
    for await (const last of kafka.log.readAll()) recorded = last;
    const { processor } = kafka.publisherOf('absent.');
    await expect(processor.handle(recorded!)).rejects.toThrow(
      /Kafka did not take it for absent\.measurements_market.*kafka provision/,
    );
    await kafka.provision('absent.');
    await eventually(() => processor.handle(recorded!));
    const received = await kafka.read('aggregator.alfa', ['absent.measurements_alfa'], 1);
    expect(once(received).map(({ id }) => id)).toEqual([recorded!.id]);
  });

  publishesWholeDay(kafka);
});

it('says nothing to a cluster that is not there, and names it', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kafka-publisher-'));
  const log = openSqliteEventStore({ path: path.join(folder, 'events.db'), clock: wallClock });
  await log.append('meter-IT1', 'any', [event('m', 'MeasurementRecorded', { podId: 'IT1' })]);
  const publisher = createKafkaPublisher({
    log: partyLog(log),
    kafka: { brokers: ['127.0.0.1:1'] },
  });
  for await (const recorded of log.readAll()) {
    await expect(publisher.processor.handle(recorded)).rejects.toThrow(
      /ECONNREFUSED 127\.0\.0\.1:1/,
    );
  }
  await publisher.close();
  await log.close();
  rmSync(folder, { recursive: true });
});
