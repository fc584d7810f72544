/** What a process tells Prometheus: figures looked up, requests and flows counted, nothing guessed. */
import { tellFlow, toldExecution } from '@flexledger/runtime';
import { type ProcessMetrics, createProcessMetrics } from './process-metrics';

let metrics: ProcessMetrics;
let isLogThere = true;

beforeEach(() => {
  isLogThere = true;
  metrics = createProcessMetrics([
    {
      name: 'flexledger_log_head',
      help: 'Position of the last event',
      async read() {
        if (!isLogThere) throw new Error('the log does not answer');
        return new Map([['', 41]]);
      },
    },
    {
      name: 'flexledger_processor_lag_events',
      help: 'Events behind',
      label: 'processor',
      read: async () =>
        new Map([
          ['market/clearing', 0],
          ['dso/grid', 7],
        ]),
    },
  ]);
});
afterEach(() => metrics.close());

/** The sample lines that begin with a name. */
const linesOf = async (name: string): Promise<string[]> =>
  (await metrics.text()).split('\n').filter((line) => line.startsWith(name));

it('looks figures up, by label where they have one', async () => {
  expect(await linesOf('flexledger_log_head')).toEqual(['flexledger_log_head 41']);
  expect(await linesOf('flexledger_processor_lag_events')).toEqual([
    'flexledger_processor_lag_events{processor="market/clearing"} 0',
    'flexledger_processor_lag_events{processor="dso/grid"} 7',
  ]);
});

it('leaves out what cannot be found out, and tells the rest', async () => {
  isLogThere = false;
  expect(await linesOf('flexledger_log_head')).toEqual([]);
  expect(await linesOf('flexledger_processor_lag_events')).toHaveLength(2);
  isLogThere = true;
  expect(await linesOf('flexledger_log_head')).toHaveLength(1);
});

it('counts requests by route and status', async () => {
  metrics.answered('GET', '/api/v1/pods/:podId', 200, 0.003);
  metrics.answered('GET', '/api/v1/pods/:podId', 200, 0.3);
  expect(await linesOf('flexledger_http_request_seconds_count')).toEqual([
    'flexledger_http_request_seconds_count{method="GET",route="/api/v1/pods/:podId",status="200"} 2',
  ]);
});

it('counts messages of flows, and how long each is worked on', async () => {
  const of = {
    flow: 'flow4',
    platform: 'DSOTP',
    referenceId: 'dayAhead-2026-03-16T23:00Z',
  } as const;
  tellFlow({ ...of, step: 'message_sent' });
  await toldExecution(of.flow, of.platform, of.referenceId, async () => {});
  tellFlow({ ...of, step: 'end_execution' });
  expect(await linesOf('flexledger_flow_messages_total')).toEqual([
    'flexledger_flow_messages_total{flow="flow4",platform="DSOTP",step="message_sent"} 1',
  ]);
  expect(await linesOf('flexledger_flow_execution_seconds_count')).toEqual([
    'flexledger_flow_execution_seconds_count{flow="flow4",platform="DSOTP"} 1',
  ]);
});
