import fc from 'fast-check';
import { givenOf } from '../testing/decider-spec';
import { type NodeCommand, nodeDecider } from './decider';
import type {
  AnomalyStatement,
  KeyRotation,
  NodeEvent,
  SignedAnomaly,
  SignedKeyRotation,
} from './events';

const podId = 'IT002E60776854';
const keyOne = `04${'1a'.repeat(64)}`;
const keyTwo = `04${'2b'.repeat(64)}`;
const meterDriver = 'modbusTcp';
const given = givenOf(nodeDecider);

const enrolled: NodeEvent = {
  type: 'NodeEnrolled',
  data: { podId, publicKey: keyOne, meterDriver },
};
const nowMs = Date.parse('2026-03-17T10:00:00.000Z');
/** A change of keys, both of whose signatures were verified. */
const rotation = (change: Partial<KeyRotation> = {}): SignedKeyRotation => ({
  content: {
    podId,
    previousKey: keyOne,
    publicKey: keyTwo,
    at: '2026-03-17T09:59:00.000Z',
    ...change,
  },
  previousProof: 'aa'.repeat(64),
  proof: 'bb'.repeat(64),
});
const rotated: NodeEvent = {
  type: 'KeyRotated',
  data: { podId, publicKey: keyTwo, rotation: rotation() },
};
const connected: NodeEvent = { type: 'NodeConnected', data: { podId } };
const disconnected: NodeEvent = { type: 'NodeDisconnected', data: { podId } };
const statement = (change: Partial<AnomalyStatement> = {}): SignedAnomaly => ({
  content: {
    anomalyId: 'a1',
    podId,
    kind: 'meter',
    code: 'meter-unreadable',
    detail: 'Modbus timeout',
    startedAt: '2026-03-17T08:00:00.000Z',
    ...change,
  },
  signature: 'ab'.repeat(64),
  publicKey: keyOne,
});
const end = { endedAt: '2026-03-17T08:10:00.000Z' };
const raised: NodeEvent = {
  type: 'AnomalyRaised',
  data: { podId, anomaly: 'meter', detail: 'Modbus timeout', statement: statement() },
};
const cleared: NodeEvent = {
  type: 'AnomalyCleared',
  data: { podId, anomaly: 'meter', statement: statement(end) },
};

const enrol: NodeCommand = { kind: 'enrolNode', podId, publicKey: keyOne, meterDriver };
const rotateBy = (change: Partial<KeyRotation> = {}): NodeCommand => ({
  kind: 'rotateKey',
  podId,
  rotation: rotation(change),
  nowMs,
});
const rotate = rotateBy();
const connect: NodeCommand = { kind: 'reportConnected', podId };
const disconnect: NodeCommand = { kind: 'reportDisconnected', podId };
const report = (change: Partial<AnomalyStatement> = {}): NodeCommand => ({
  kind: 'reportAnomaly',
  podId,
  statement: statement(change),
});
const raise = report();
const clear = report(end);

describe('a Light Node', () => {
  describe('and its key', () => {
    it('is enrolled once', () => {
      given().when(enrol).then(enrolled);
      given(enrolled).when(enrol).then();
    });

    it('is not enrolled over a standing key', () => {
      given(enrolled)
        .when({ ...enrol, publicKey: keyTwo })
        .thenRefused('node-already-enrolled');
    });

    it.each([
      ['compressed', `02${'1a'.repeat(32)}`],
      ['in capitals', keyOne.toUpperCase()],
      ['too short', keyOne.slice(0, -1)],
      ['empty', ''],
    ])('refuses a key that is %s', (_, publicKey) => {
      given()
        .when({ kind: 'enrolNode', podId, publicKey, meterDriver })
        .thenRefused('key-malformed');
      given(enrolled).when(rotateBy({ publicKey })).thenRefused('key-malformed');
    });

    it('changes its key, once', () => {
      given(enrolled).when(rotate).then(rotated);
      given(enrolled, rotated).when(rotate).then();
      // After a lost answer the node may sign it anew, by whatever clock it has.
      given(enrolled, rotated)
        .when(rotateBy({ at: '2026-03-16T10:00:00.000Z' }))
        .then();
    });

    it('changes it by the word of the key it holds, of this hour, and of no other', () => {
      const keyThree = `04${'3c'.repeat(64)}`;
      given(enrolled)
        .when(rotateBy({ previousKey: keyThree }))
        .thenRefused('key-not-held');
      given(enrolled, rotated)
        .when(rotateBy({ publicKey: keyThree }))
        .thenRefused('key-not-held');
      given(enrolled)
        .when(rotateBy({ publicKey: keyOne }))
        .thenRefused('key-retired');
      for (const at of ['2026-03-17T08:59:59.999Z', '2026-03-17T11:00:00.001Z', 'noon']) {
        given(enrolled).when(rotateBy({ at })).thenRefused('key-rotation-outdated');
      }
      const revoked: NodeEvent = { type: 'NodeRevoked', data: { podId, reason: 'stolen' } };
      given(enrolled, revoked).when(rotate).thenRefused('node-unknown');
    });

    it('never takes back a key it gave up', () => {
      given(enrolled, rotated)
        .when(rotateBy({ previousKey: keyTwo, publicKey: keyOne }))
        .thenRefused('key-retired');
    });
  });

  it.each([rotate, connect, disconnect, raise, clear])('must be enrolled for $kind', (command) => {
    given().when(command).thenRefused('node-unknown');
  });

  describe('and its connection', () => {
    it('counts as absent until it says that it is there', () => {
      given(enrolled).when(disconnect).then();
      given(enrolled).when(connect).then(connected);
    });

    it('is told apart by changes only', () => {
      given(enrolled, connected).when(connect).then();
      given(enrolled, connected).when(disconnect).then(disconnected);
      given(enrolled, connected, disconnected).when(disconnect).then();
      given(enrolled, connected, disconnected).when(connect).then(connected);
    });
  });

  describe('and its anomalies', () => {
    it('stand from raised to cleared, with what the node has signed', () => {
      given(enrolled).when(raise).then(raised);
      given(enrolled, raised).when(clear).then(cleared);
      given(enrolled).when(clear).then();
      given(enrolled, raised, cleared).when(clear).then();
    });

    it('are raised once, whatever the detail says later, and however often they are told', () => {
      given(enrolled, raised)
        .when(report({ detail: 'CRC error' }))
        .then();
      // A begin that is told again after its end raises nothing.
      given(enrolled, raised, cleared).when(raise).then();
    });

    it('are closed by their own name alone; one of another name takes the place of one forgotten', () => {
      given(enrolled, raised)
        .when(report({ ...end, anomalyId: 'a2' }))
        .then();
      const [second] = nodeDecider.decide(
        report({ anomalyId: 'a2' }),
        [enrolled, raised].reduce(nodeDecider.evolve, nodeDecider.initialState),
      );
      expect(second).toMatchObject({
        type: 'AnomalyRaised',
        data: { statement: { content: { anomalyId: 'a2' } } },
      });
    });

    it('of logs that keep no statements are closed by any end of their kind', () => {
      const unsigned: NodeEvent = {
        type: 'AnomalyRaised',
        data: { podId, anomaly: 'meter', detail: 'Modbus timeout' },
      };
      given(enrolled, unsigned).when(clear).then(cleared);
    });

    it('are shown on one line', () => {
      const detail = 'two\nlines';
      given(enrolled)
        .when(report({ detail }))
        .then({
          type: 'AnomalyRaised',
          data: { podId, anomaly: 'meter', detail: 'two lines', statement: statement({ detail }) },
        });
    });

    it('of different kinds do not touch each other', () => {
      given(enrolled, raised)
        .when(report({ ...end, kind: 'ems' }))
        .then();
    });
  });

  describe('and its one-time token', () => {
    const [tokenHash, otherHash] = ['aa'.repeat(32), 'bb'.repeat(32)];
    const expiresAt = '2026-03-17T12:00:00.000Z';
    const before = Date.parse(expiresAt) - 1;
    const issue = (change: { replaces?: boolean; tokenHash?: string } = {}): NodeCommand => ({
      kind: 'issueEnrolmentToken',
      podId,
      tokenHash,
      expiresAt,
      replaces: false,
      ...change,
    });
    const issued = (change: { replaces?: boolean; tokenHash?: string } = {}): NodeEvent => ({
      type: 'EnrolmentTokenIssued',
      data: { podId, tokenHash, expiresAt, replaces: false, ...change },
    });
    const byToken = (
      change: Partial<Extract<NodeCommand, { kind: 'enrolByToken' }>> = {},
    ): NodeCommand => ({
      kind: 'enrolByToken',
      podId,
      tokenHash,
      publicKey: keyOne,
      meterDriver,
      meterSerialNumber: 'M1',
      isOutlived: false,
      nowMs: before,
      ...change,
    });
    const metered: NodeEvent = { type: 'MeterIdentified', data: { podId, serialNumber: 'M1' } };
    const revoked: NodeEvent = { type: 'NodeRevoked', data: { podId, reason: 'stolen' } };

    it('enrols key and meter, and the same again after a lost answer', () => {
      given().when(issue()).then(issued());
      given(issued()).when(byToken()).then(enrolled, metered);
      given(issued(), enrolled, metered).when(byToken()).then();
      // Whom it belongs to by then, its key has had its answer.
      given(issued(), enrolled, metered)
        .when(byToken({ isOutlived: true }))
        .then();
    });

    it.each<[string, NodeEvent[], NodeCommand]>([
      ['nobody issued', [], byToken()],
      ['another one has replaced', [issued(), issued({ tokenHash: otherHash })], byToken()],
      ['is of another', [issued()], byToken({ tokenHash: otherHash })],
      ['has expired', [issued()], byToken({ nowMs: before + 1 })],
      ['was issued by who has the PoD no more', [issued()], byToken({ isOutlived: true })],
      ['was used with another key', [issued(), enrolled, metered], byToken({ publicKey: keyTwo })],
      [
        'was used with another meter',
        [issued(), enrolled, metered],
        byToken({ meterSerialNumber: 'M2' }),
      ],
      ['was used, and its node revoked', [issued(), enrolled, metered, revoked], byToken()],
    ])('is refused when it %s', (_, past, command) => {
      given(...past)
        .when(command)
        .thenRefused('enrolment-token-refused');
    });

    it('replaces a node only where that was asked', () => {
      given(enrolled).when(issue()).thenRefused('node-already-enrolled');
      given(enrolled)
        .when(issue({ replaces: true }))
        .then(issued({ replaces: true }));
      const second: NodeEvent = {
        ...enrolled,
        data: { ...enrolled.data, publicKey: keyTwo },
      } as NodeEvent;
      given(enrolled, issued({ replaces: true }))
        .when(byToken({ publicKey: keyTwo }))
        .then(second, metered);
      given(enrolled, issued({ replaces: true }))
        .when(byToken())
        .thenRefused('key-retired');
    });

    it('is revoked with its node, whose key never comes back', () => {
      given(enrolled).when({ kind: 'revokeNode', podId, reason: 'stolen' }).then(revoked);
      given(enrolled, revoked)
        .when({ kind: 'revokeNode', podId, reason: 'x' })
        .thenRefused('node-unknown');
      given(enrolled, revoked).when(connect).thenRefused('node-unknown');
      given(enrolled, revoked).when(enrol).thenRefused('key-retired');
      given(enrolled, revoked, issued())
        .when(byToken({ publicKey: keyTwo }))
        .then({ type: 'NodeEnrolled', data: { podId, publicKey: keyTwo, meterDriver } }, metered);
    });

    it('counts the nodes of a PoD', () => {
      const past = [enrolled, revoked, issued(), enrolled];
      expect(past.reduce(nodeDecider.evolve, nodeDecider.initialState)).toMatchObject({
        enrolments: 2,
      });
    });
  });

  it('does nothing more when an accepted command comes again', () => {
    const commands = fc.array(fc.constantFrom(enrol, rotate, connect, disconnect, raise, clear));
    fc.assert(
      fc.property(commands, (history) => {
        let state = nodeDecider.evolve(nodeDecider.initialState, enrolled);
        for (const command of history.filter(({ kind }) => kind !== 'enrolNode')) {
          state = nodeDecider.decide(command, state).reduce(nodeDecider.evolve, state);
          expect(nodeDecider.decide(command, state)).toEqual([]);
        }
      }),
    );
  });
});
