/** Statements of nodes on a real log, handed in directly. */
import type { EventStore } from '@flexledger/event-store';
import { canonicalJson, createVerifyingPool, signMessage } from '@flexledger/identity';
import { VirtualClock } from '@flexledger/runtime';
import {
  FIRST_MTU_MS,
  type FieldNode,
  fieldNode,
  mtuStart,
  openTestLog,
  type TestLog,
} from '../testing/field';
import { type NodeStatements, createNodeStatements } from './node-statements';

const one = fieldNode(1);
const two = fieldNode(2);
const enrolled = new Map([one, two].map(({ podId, key }) => [podId, key.publicKey]));

describe('the statements of nodes', () => {
  let log: TestLog;
  let problems: string[];
  /** Thrown by what it names, while it is set. */
  let fault: { at: 'readOn' | 'append' | 'readStream' | 'isBy'; podId?: string } | undefined;
  let statements: NodeStatements;

  const pool = createVerifyingPool({ workers: 1, keysKept: 10 });
  afterAll(() => pool.close());

  beforeEach(() => {
    const clock = new VirtualClock(FIRST_MTU_MS);
    log = openTestLog(clock);
    problems = [];
    fault = undefined;
    const failing = (at: NonNullable<typeof fault>['at']): void => {
      if (fault?.at === at) throw new Error(`${at} is out of order`);
    };
    const { store } = log;
    const faulty = {
      append: async (...args: Parameters<EventStore['append']>) => {
        failing('append');
        return store.append(...args);
      },
      readStream: (...args: Parameters<EventStore['readStream']>) => {
        failing('readStream');
        return store.readStream(...args);
      },
      readAll: store.readAll.bind(store),
      subscribe: store.subscribe.bind(store),
      head: store.head.bind(store),
      close: store.close.bind(store),
    } as EventStore;
    statements = createNodeStatements({
      store: faulty,
      clock,
      enrolment: {
        readOn: async () => failing('readOn'),
        keyOf: (podId) => enrolled.get(podId),
      },
      signatures: {
        isBy: async (publicKey, ...rest) => {
          if (publicKey === enrolled.get(fault?.podId ?? '')) failing('isBy');
          return pool.isBy(publicKey, ...rest);
        },
      },
      expectedNodes: 10,
      onProblem: (problem) => problems.push(problem),
    });
  });
  afterEach(() => log.remove());

  const receipt = ({ podId, key }: FieldNode, setpointId: string): object => {
    const at = mtuStart(0);
    const content = { setpointId, podId, receivedAt: at, emsReceivedAt: at };
    const signature = signMessage(key.privateKey, canonicalJson(content));
    return { content, signature, publicKey: key.publicKey };
  };
  const receive = ({ podId }: FieldNode, message: object | string): void => {
    const payload = Buffer.from(typeof message === 'string' ? message : JSON.stringify(message));
    statements.receive({ podId, kind: 'setpointAck', payload });
  };
  const kept = async (): Promise<string[]> =>
    (await log.events()).map(({ type, data }) => `${type} ${(data as { podId: string }).podId}`);

  it.each([
    ['half a surrogate pair', String.raw`\ud800`],
    ['NUL', String.raw`\u0000`],
  ])('with %s are kept as unreadable, and those of the others as they are', async (_, escape) => {
    const poisoned = JSON.stringify(receipt(one, 'POISON')).replace('POISON', escape);
    receive(one, poisoned);
    receive(two, receipt(two, 's1'));
    await statements.flush();
    expect(await kept()).toEqual([
      `StatementRejected ${one.podId}`,
      `SetpointReceiptSigned ${two.podId}`,
    ]);
    const [rejected] = await log.events('StatementRejected');
    expect(rejected!.data).toMatchObject({ reason: 'malformed', message: poisoned });
    expect([statements.waiting(), problems]).toEqual([0, []]);
  });

  it('wait on while the log cannot be read', async () => {
    receive(one, receipt(one, 's1'));
    fault = { at: 'readOn' };
    await expect(statements.flush()).rejects.toThrow('readOn is out of order');
    expect(statements.waiting()).toBe(1);
    fault = undefined;
    await statements.flush();
    expect(await kept()).toEqual([`SetpointReceiptSigned ${one.podId}`]);
  });

  it.each(['append', 'readStream'] as const)(
    'are tried again after a failing %s of the log, each kept once',
    async (at) => {
      receive(one, receipt(one, 's1'));
      receive(two, receipt(two, 's1'));
      fault = { at };
      await statements.flush();
      expect([await kept(), statements.waiting()]).toEqual([[], 2]);
      expect(problems).toEqual(
        Array(2).fill(expect.stringContaining(`${at} is out of order; it is tried again`)),
      );
      fault = undefined;
      await statements.flush();
      expect(await kept()).toEqual([
        `SetpointReceiptSigned ${one.podId}`,
        `SetpointReceiptSigned ${two.podId}`,
      ]);
      expect(statements.waiting()).toBe(0);
    },
  );

  it('whose signature could not be verified are tried again, and keep no other waiting', async () => {
    receive(one, receipt(one, 's1'));
    receive(two, receipt(two, 's1'));
    fault = { at: 'isBy', podId: one.podId };
    await statements.flush();
    expect([await kept(), statements.waiting()]).toEqual([
      [`SetpointReceiptSigned ${two.podId}`],
      1,
    ]);
    fault = undefined;
    await statements.flush();
    expect(await kept()).toContain(`SetpointReceiptSigned ${one.podId}`);
  });

  it('that wait after a failure count against the room of their node', async () => {
    for (let count = 0; count < 50; count += 1) receive(one, receipt(one, `s${count}`));
    fault = { at: 'append' };
    await statements.flush();
    problems = [];
    receive(one, receipt(one, 'one too many'));
    receive(two, receipt(two, 's1'));
    expect(problems).toEqual([`The setpointAck of ${one.podId} found no room`]);
    expect(statements.waiting()).toBe(51);
  });
});
