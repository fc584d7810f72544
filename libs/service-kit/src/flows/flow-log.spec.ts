/** The flow log: one JSON line for each step of a flow, as the seeds' assessment collected them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { tellFlow } from '@flexledger/runtime';
import { flowLogLine, openFlowLog } from './flow-log';

it('writes a step as JSON in one line, with the time of the clock', () => {
  const moment = {
    flow: 'flow2a',
    step: 'message_received',
    platform: 'MP',
    referenceId: 'line\nfeed',
    monotonicUs: 17,
  } as const;
  expect(flowLogLine(moment, Date.parse('2026-03-17T10:00:00.592Z'))).toBe(
    '{"flow":"flow2a","type":"message_received","platform":"MP",' +
      '"dateTime":"2026-03-17T10:00:00.592Z","referenceId":"line\\nfeed","monotonicUs":17}\n',
  );
});

it('keeps in its file what was told while it was open', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'flexledger-flows-'));
  try {
    const file = path.join(folder, 'flows.jsonl');
    const tell = (referenceId: string): void =>
      tellFlow({ flow: 'flow3', step: 'message_sent', platform: 'MP', referenceId });
    tell('before');
    const close = openFlowLog(file, () => 0);
    tell('first');
    close();
    tell('between');
    openFlowLog(file, () => 0)();
    const closeAgain = openFlowLog(file, () => 0);
    tell('second');
    closeAgain();
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { referenceId: string }).referenceId)).toEqual([
      'first',
      'second',
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
