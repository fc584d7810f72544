import { givenOf } from '../testing/decider-spec';
import {
  MAX_REJECTED_STATEMENTS,
  MAX_STATEMENTS,
  type NodeStatementCommand,
  nodeStatementDecider,
} from './decider';
import type { NodeStatementEvent } from './events';

const given = givenOf(nodeStatementDecider);
const podId = 'IT002E60776854';
const publicKey = `04${'1a'.repeat(64)}`;
const at = '2026-03-17T10:45:02.000Z';

type Receipt = Extract<NodeStatementCommand, { kind: 'receipt' }>;

const receipt: Receipt = {
  kind: 'receipt',
  stated: {
    content: { setpointId: 's1', podId, receivedAt: at, emsReceivedAt: at },
    signature: 'ab'.repeat(64),
    publicKey,
  },
  topicPodId: podId,
  enrolledKey: publicKey,
  signatureValid: true,
  message: 'as received',
};
const activation: NodeStatementCommand = {
  ...receipt,
  kind: 'activation',
  stated: {
    content: {
      setpointId: 's1',
      podId,
      mtuStart: '2026-03-17T11:00:00.000Z',
      targetW: -500,
      targetVar: null,
      appliedAt: '2026-03-17T11:00:00.120Z',
    },
    signature: 'cd'.repeat(64),
    publicKey,
  },
};
const signed: NodeStatementEvent = {
  type: 'SetpointReceiptSigned',
  data: { podId, ...receipt.stated },
};

describe("a node's statements", () => {
  it('are kept with their signatures: that it has a setpoint, and that the plant begins to follow', () => {
    given().when(receipt).then(signed);
    given(signed)
      .when(activation)
      .then({ type: 'ActivationSigned', data: { podId, ...activation.stated } });
  });

  it('are kept once', () => {
    given(signed).when(receipt).then();
  });

  it.each<[string, Partial<Receipt>]>([
    ['wrong-topic', { topicPodId: 'IT002E00000001' }],
    ['wrong-key', { enrolledKey: `04${'2b'.repeat(64)}` }],
    ['wrong-signature', { signatureValid: false }],
    ['unknown-node', { enrolledKey: undefined }],
  ])('that are not its own are kept as rejected: %s', (reason, change) => {
    const forged = { ...receipt, ...change };
    const podIdKept = reason === 'unknown-node' ? 'unknown' : forged.topicPodId;
    given()
      .when(forged)
      .then({
        type: 'StatementRejected',
        data: {
          podId: podIdKept,
          reason: reason as 'wrong-key',
          detail: expect.any(String) as string,
          message: 'as received',
        },
      });
  });

  it('that cannot be read are kept too, cut to a bounded size and whole characters', () => {
    const message = `${'x'.repeat(4_095)}\u{1f50c}`;
    const { topicPodId, enrolledKey } = receipt;
    const command = { kind: 'unreadable', detail: 'no JSON', topicPodId, enrolledKey, message };
    const [event] = nodeStatementDecider.decide(
      command as NodeStatementCommand,
      nodeStatementDecider.initialState,
    );
    expect(event).toMatchObject({
      type: 'StatementRejected',
      data: { podId, reason: 'malformed', message: `${'x'.repeat(4_095)}\ufffd` },
    });
  });

  it('are so many a month and no more, each of them known, and what is known takes little memory', () => {
    const { decide, evolve, initialState } = nodeStatementDecider;
    const numbered = (index: number): string =>
      index.toString(16).padStart(13, '0').padEnd(128, 'f');
    const stating = (index: number): Receipt => ({
      ...receipt,
      stated: { ...receipt.stated, signature: numbered(index) },
    });
    let state = initialState;
    const half: (typeof state)[] = [];
    for (let index = 0; index < MAX_STATEMENTS; index += 1) {
      const [event] = decide(stating(index), state);
      expect(event?.type).toBe('SetpointReceiptSigned');
      state = evolve(state, event!);
      if (index === MAX_STATEMENTS / 2 - 1) half.push(state);
    }
    expect(decide(stating(MAX_STATEMENTS), state)).toEqual([]);
    for (const index of [0, 99, 100, MAX_STATEMENTS - 1]) {
      expect(decide(stating(index), state)).toEqual([]);
    }
    // States share what they have in common, and an earlier one stays as it was.
    const [earlier] = half;
    expect(earlier!.signatures.every((chunk, at) => chunk === state.signatures[at])).toBe(true);
    expect(decide(stating(MAX_STATEMENTS / 2), earlier!)).toHaveLength(1);
    expect(state.signatures.flat().every(Number.isSafeInteger)).toBe(true);
  });

  it('that are rejected are so many and no more, and sound ones go on', () => {
    const forged = { ...receipt, signatureValid: false };
    const [rejection] = nodeStatementDecider.decide(forged, nodeStatementDecider.initialState);
    const full = Array.from({ length: MAX_REJECTED_STATEMENTS }, () => rejection!);
    given(...full)
      .when(forged)
      .then();
    given(...full)
      .when(receipt)
      .then(signed);
  });
});
