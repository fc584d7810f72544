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
  CUSTOMERS,
  type Received,
  describeOnKafka,
  event,
  eventually,
  measured,
  once,
  publishesWholeDay,
} from './kafka.spec-suite';
import { openKafka } from './kafka-client';
import { createObservabilityPublisher } from './observability-publisher';
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

  it('bring the shared customer database what the access layer took, and what is wrong with nodes', async () => {
    await kafka.provision('access.');
    const said = async (podId: string, type: string, data: object = {}): Promise<void> => {
      const stream = type.startsWith('Packet') ? `meter-${podId}` : `node-${podId}`;
      await kafka.log.append(stream, 'any', [event(`${podId}/${type}`, type, { podId, ...data })]);
    };
    await kafka.log.append('meter-IT1', 'any', [measured('IT1', 0)]);
    await said('IT1', 'PacketRejected', { reason: 'malformed', detail: '', packet: '' });
    await said('IT1', 'NodeConnected');
    await said('IT1', 'AnomalyRaised', { anomaly: 'meter', detail: 'silent' });
    await said('IT1', 'AnomalyCleared', { anomaly: 'meter' });
    await said('IT1', 'NodeDisconnected');
    await kafka.publishAll('access.');
    const topics = ['access.packets_SCD', 'access.anomalies_SCD'];
    const received = once(await kafka.read(CUSTOMERS, topics, 6));
    const typesOf = (name: string) =>
      received.filter(({ topic }) => topic === name).map(({ key, event: { type } }) => [key, type]);
    expect(typesOf('access.packets_SCD')).toEqual([
      ['IT1', 'flexledger.MeasurementRecorded'],
      ['IT1', 'flexledger.PacketRejected'],
    ]);
    expect(typesOf('access.anomalies_SCD')).toEqual([
      ['IT1', 'flexledger.NodeConnected'],
      ['IT1', 'flexledger.AnomalyRaised'],
      ['IT1', 'flexledger.AnomalyCleared'],
      ['IT1', 'flexledger.NodeDisconnected'],
    ]);
  });

  it('hold what the package of a quarter-hour says is wrong with one’s own PoDs, so also that nothing came', async () => {
    await kafka.provision('package.');
    const silent = (podId: string, aggregatorId: string) => ({
      podId,
      aggregatorId,
      isMeasured: false,
      anomalies: [{ code: 'no-data', since: null }],
    });
    const [ofAlfa, ofBeta] = [silent('IT1', 'alfa'), silent('IT2', 'beta')];
    const report = (quarterHour: string, rows: readonly object[]) =>
      event(quarterHour, 'QuarterHourReported', {
        quarterHour,
        part: { index: 0, count: 1 },
        rows,
      });
    await kafka.log.append('quarterHour-1', 'any', [report('2026-03-17T10:00:00Z', [ofBeta])]);
    await kafka.log.append('quarterHour-2', 'any', [
      report('2026-03-17T10:15:00Z', [ofAlfa, ofBeta]),
    ]);
    await kafka.log.append('meter-IT1', 'any', [measured('IT1', 0)]);
    await kafka.publishAll('package.');
    const received = once(await kafka.read('aggregator.alfa', ['package.measurements_alfa'], 2));
    const said = received.map(({ event: { type, data } }) => [type, 'rows' in data && data.rows]);
    expect(said.toSorted()).toEqual([
      ['flexledger.MeasurementRecorded', false],
      ['flexledger.QuarterHourReported', [ofAlfa]],
    ]);
  });

  it('let the TSO observe each PoD by the fields of table 30, anew when they change, within seconds', async () => {
    await kafka.provision('observed.');
    const row = {
      podId: 'IT1',
      aggregatorId: 'alfa',
      timestamp: '2026-03-17T10:00:00.000Z',
      validation: { mtuStart: '2026-03-17T09:45:00Z', hash: 'ab' },
      powerW: 500 as number | null,
      pom: 'CP-1',
      setpointW: 400,
      anomalies: [] as string[],
    };
    const silent = { ...row, podId: 'IT2', powerW: null, anomalies: ['no-data'] };
    let rows = [row, silent];
    const problems: string[] = [];
    const { begin } = createObservabilityPublisher({
      rows: async () => rows,
      told: (one) => JSON.stringify(one),
      kafka: { ...kafka.cluster.settings('flexledger'), topicPrefix: 'observed.' },
      onProblem: (problem) => void problems.push(problem),
    });
    const stop = new AbortController();
    await begin!({ signal: stop.signal, fence: 1 });
    try {
      const topic = ['observed.observability_TSO'];
      let received: Received[] = [];
      await eventually(async () => void (received = await kafka.read('tso', topic, 2)));
      const changed = { ...row, timestamp: '2026-03-17T10:00:02.000Z', powerW: 700 };
      rows = [changed, silent];
      await eventually(async () => expect(received).toHaveLength(3));
      const observed = received.map(({ key, id, event: { id: own, type, data } }) => {
        expect([own, type]).toEqual([id, 'flexledger.ObservedPod']);
        return [key, data];
      });
      const ofPod = (podId: string) =>
        observed.filter(([key]) => key === podId).map(([, data]) => data);
      expect(ofPod('IT1')).toEqual([row, changed]);
      expect(ofPod('IT2')).toEqual([silent]);
    } finally {
      stop.abort();
    }
    const reading = kafka.read('dso', ['observed.observability_TSO'], 1);
    await expect(reading).rejects.toMatchObject({ type: 'TOPIC_AUTHORIZATION_FAILED' });
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

  it('a topic that somebody deletes is named, and nothing is passed over until it is there again', async () => {
    await kafka.provision('deleted.');
    await kafka.log.append('meter-IT1', 'any', [measured('IT1', 0)]);
    let recorded: RecordedEvent | undefined;
    for await (const last of kafka.log.readAll()) recorded = last;
    const { processor } = kafka.publisherOf('deleted.');
    await eventually(() => processor.handle(recorded!));
    const admin = (await openKafka(kafka.cluster.settings('operator'), 'operator')).admin();
    await admin.connect();
    await admin.deleteTopics({ topics: ['deleted.measurements_market'] });
    await admin.disconnect();
    await eventually(() =>
      expect(processor.handle(recorded!)).rejects.toThrow(
        /: the cluster has no deleted\.measurements_market\. "flexledger kafka provision" makes/,
      ),
    );
    await kafka.provision('deleted.');
    await eventually(() => processor.handle(recorded!));
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
