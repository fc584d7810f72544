/** Reports of nodes on a real log that fails now and then: nothing is lost, and their order stays. */
import { nodeDecider } from '@flexledger/domain';
import { type EventStore, createCommandHandler } from '@flexledger/event-store';
import { createVerifyingPool } from '@flexledger/identity';
import { VirtualClock } from '@flexledger/runtime';
import {
  FIRST_MTU_MS,
  type FieldNode,
  type TestLog,
  fieldNode,
  openTestLog,
  signedAnomaly,
  toEnrol,
} from '../testing/field';
import { type NodeReports, createNodeReports } from './node-reports';

const one = fieldNode(1);
const two = fieldNode(2);
const keys = new Map([one, two].map(({ podId, key }) => [podId, key.publicKey]));
const pool = createVerifyingPool({ workers: 1, keysKept: 10 });
afterAll(() => pool.close());

let log: TestLog;
let reports: NodeReports;
let problems: string[];
/** What is out of order, while it is set; of one PoD's stream where that is named. */
let fault: { readonly at: 'readOn' | 'append'; readonly podId?: string } | undefined;

beforeEach(async () => {
  const clock = new VirtualClock(FIRST_MTU_MS);
  log = openTestLog(clock);
  problems = [];
  fault = undefined;
  const { store } = log;
  const append = async (...args: Parameters<EventStore['append']>) => {
    const isHit = fault?.podId === undefined || args[0] === `node-${fault.podId}`;
    if (fault?.at === 'append' && isHit) throw new Error('the log is busy');
    return store.append(...args);
  };
  const faulty = {
    append,
    readStream: store.readStream.bind(store),
    readAll: store.readAll.bind(store),
    subscribe: store.subscribe.bind(store),
    head: store.head.bind(store),
    close: store.close.bind(store),
  } as EventStore;
  const nodes = createCommandHandler({
    store: faulty,
    clock,
    decider: nodeDecider,
    cachedStreams: 10,
    rememberedCommands: 0,
  });
  for (const node of [one, two]) {
    const context = { commandId: node.podId, correlationId: node.podId, actor: 'dso' };
    await nodes.handle(
      `node-${node.podId}`,
      { kind: 'enrolNode', ...toEnrol(node) },
      { ...context, causationId: node.podId },
    );
  }
  reports = createNodeReports({
    nodes,
    clock,
    enrolment: {
      readOn: async () => {
        if (fault?.at === 'readOn') throw new Error('the log cannot be read');
      },
      keyOf: (podId) => keys.get(podId),
    },
    signatures: pool,
    keepRejected: ({ podId }) => problems.push(`rejected of ${podId}`),
    onProblem: (problem) => problems.push(problem),
  });
});
afterEach(() => log.remove());

const say = ({ podId }: FieldNode, kind: 'status' | 'anomaly', message: object): void =>
  reports.receive({ podId, kind, payload: Buffer.from(JSON.stringify(message)) });

const recorded = async (): Promise<string[]> =>
  (await log.events('NodeConnected', 'NodeDisconnected', 'AnomalyRaised')).map(
    ({ type, streamId }) => `${type} ${streamId}`,
  );

it('what the log does not take is tried again, and comes before what came later', async () => {
  say(one, 'status', { online: true });
  say(one, 'anomaly', signedAnomaly(one));
  fault = { at: 'append' };
  expect(await reports.flush()).toBe(0);
  expect(reports.waiting()).toBe(2);
  expect(problems).toEqual([expect.stringMatching(/was not recorded: .*busy; it is tried again/)]);
  fault = undefined;
  say(one, 'status', { online: false });
  expect(await reports.flush()).toBe(3);
  expect(await recorded()).toEqual([
    `NodeConnected node-${one.podId}`,
    `AnomalyRaised node-${one.podId}`,
    `NodeDisconnected node-${one.podId}`,
  ]);
  expect(reports.waiting()).toBe(0);
});

it('of one node whose stream fails, and not of the others', async () => {
  for (const node of [one, two]) say(node, 'status', { online: true });
  fault = { at: 'append', podId: one.podId };
  expect(await reports.flush()).toBe(1);
  expect(await recorded()).toEqual([`NodeConnected node-${two.podId}`]);
  fault = undefined;
  expect(await reports.flush()).toBe(1);
});

it('waits while the log cannot be read', async () => {
  say(one, 'status', { online: true });
  fault = { at: 'readOn' };
  await expect(reports.flush()).rejects.toThrow('cannot be read');
  expect(reports.waiting()).toBe(1);
  fault = undefined;
  expect(await reports.flush()).toBe(1);
});
