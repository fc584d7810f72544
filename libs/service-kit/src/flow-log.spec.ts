/** The flow log: one JSON line for each step of a flow, as the seeds' assessment collected them. */
import { createFlowLog } from './flow-log';

describe('the flow log', () => {
  it('writes JSON lines with the time of the clock', () => {
    let nowMs = Date.parse('2026-03-17T10:00:00.592Z');
    const lines: string[] = [];
    const log = createFlowLog('MP', { nowMs: () => nowMs }, (line) => lines.push(line));
    log('flow2a', 'message_received', 'dayAhead-2026-03-17T23:00Z');
    nowMs += 8;
    log('flow2a', 'end_execution', 'line\nfeed');

    expect(lines).toEqual([
      '{"flow":"flow2a","type":"message_received","platform":"MP",' +
        '"dateTime":"2026-03-17T10:00:00.592Z","referenceId":"dayAhead-2026-03-17T23:00Z"}\n',
      '{"flow":"flow2a","type":"end_execution","platform":"MP",' +
        '"dateTime":"2026-03-17T10:00:00.600Z","referenceId":"line\\nfeed"}\n',
    ]);
  });
});
