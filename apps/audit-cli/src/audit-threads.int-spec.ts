/** Goal: an audit in threads is told what one in a single thread is told. */
import type { AuditTools } from '@flexledger/audit';
import { type MilpModel, fromHex } from '@flexledger/domain';
import { generateNodeKey, signMessage } from '@flexledger/identity';
import { withAuditThreads } from './audit-threads';
import { createNodeTools } from './node-tools';

const hereAndThere = async <Answer>(ask: (tools: AuditTools) => Promise<Answer>) =>
  [await ask(createNodeTools()), await withAuditThreads(ask)] as const;

it('signatures of nodes, sound and not', async () => {
  const [node, other] = [generateNodeKey(), generateNodeKey()];
  const text = new TextEncoder();
  const told = async ({ verifyP256 }: AuditTools): Promise<boolean[]> => {
    const by = (key: string, message: string, signature: string) =>
      verifyP256(fromHex(key), text.encode(message), fromHex(signature));
    const signature = signMessage(node.privateKey, 'città: 5 kW');
    const noPoint = `04${'ff'.repeat(64)}`;
    return Promise.all([
      by(node.publicKey, 'città: 5 kW', signature),
      by(node.publicKey, 'città: 6 kW', signature),
      by(other.publicKey, 'città: 5 kW', signature),
      by(noPoint, 'città: 5 kW', signature),
      by(node.publicKey, 'città: 5 kW', signature.slice(2)),
    ]);
  };
  const [here, there] = await hereAndThere(told);
  expect(here).toEqual([true, false, false, false, false]);
  expect(there).toEqual(here);
});

/** The dearest two of three that fit. */
const MODEL: MilpModel = {
  columnLower: new Float64Array(3),
  columnUpper: new Float64Array(3).fill(1),
  isInteger: new Uint8Array(3).fill(1),
  rowLower: Float64Array.of(-Infinity),
  rowUpper: Float64Array.of(5),
  rowStart: Int32Array.of(0, 3),
  rowColumn: Int32Array.of(0, 1, 2),
  rowValue: Float64Array.of(2, 3, 4),
  objectives: [Float64Array.of(-3, -4, -5)],
  start: { columns: new Int32Array(0), values: new Float64Array(0) },
  limits: { timeLimitSeconds: 600, nodeLimit: null },
};

it('what the solver finds, and its name', async () => {
  const [here, there] = await hereAndThere(async ({ loadSolver }) => {
    const { name, solve } = await loadSolver();
    const answers = await Promise.all([solve(MODEL), solve(MODEL)]);
    return { name, answers: answers.map(({ columnValue, bounds }) => ({ columnValue, bounds })) };
  });
  expect([...here.answers[0]!.columnValue!]).toEqual([1, 1, 0]);
  expect(there).toEqual(here);
});

it('a model that is none is refused by the solver, and the next one is solved', async () => {
  await withAuditThreads(async ({ loadSolver }) => {
    const { solve } = await loadSolver();
    await expect(solve({ ...MODEL, rowStart: Int32Array.of(0, 9) })).rejects.toThrow();
    expect([...(await solve(MODEL)).columnValue!]).toEqual([1, 1, 0]);
  });
});
