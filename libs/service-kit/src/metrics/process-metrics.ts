/**
 * What a process tells of itself to Prometheus. Figures of things that stand somewhere (the log, processors, the disk) are
 * looked up when they are asked for; what passes (requests, flows) is counted as it passes.
 */
import { listenToExecutions, listenToFlows } from '@flexledger/runtime';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** A figure that is looked up; by label value, or one without labels. */
export interface LookedUp {
  readonly name: string;
  readonly help: string;
  /** The label that tells the values apart; one value without a label when absent. */
  readonly label?: string;
  /** Rejects where it cannot be found out now; the figure is absent then, the others stand. */
  read(): Promise<ReadonlyMap<string, number>>;
}

/** The metrics of a process. */
export interface ProcessMetrics {
  /** In Prometheus's text format. */
  text(): Promise<string>;
  /** Counts a request that was answered. @param route as it is declared, never as it was asked for */
  answered(method: string, route: string, status: number, seconds: number): void;
  /** Ends the listening to flows. */
  close(): void;
}

/** Of the text format, version 0.0.4. */
export const METRICS_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** Seconds: from a call within a machine to the clearing of a city. */
const SECONDS = [0.001, 0.005, 0.02, 0.1, 0.5, 1, 5, 20, 60, 300];

/** Begins to count. */
export function createProcessMetrics(lookedUp: readonly LookedUp[]): ProcessMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'flexledger_http_request_seconds',
    help: 'Requests answered, by route as it is declared',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers,
  });
  const messages = new Counter({
    name: 'flexledger_flow_messages_total',
    help: 'Messages between platforms, as this process has sent and received them',
    labelNames: ['flow', 'platform', 'step'],
    registers,
  });
  const executions = new Histogram({
    name: 'flexledger_flow_execution_seconds',
    help: 'Work on a flow, from its begin to its end',
    labelNames: ['flow', 'platform'],
    buckets: SECONDS,
    registers,
  });
  for (const { name, help, label, read } of lookedUp) {
    new Gauge({
      name,
      help,
      labelNames: label ? [label] : [],
      registers,
      async collect() {
        this.reset();
        // What cannot be found out is absent, which alert rules can ask for; nought would be a lie.
        const values = await read().catch(() => new Map<string, number>());
        if (!label && values.size === 0) this.remove();
        for (const [key, value] of values) {
          if (label) this.set({ [label]: key }, value);
          else this.set(value);
        }
      },
    });
  }
  const unlisten = [
    listenToFlows(({ flow, step, platform }) => {
      if (step === 'message_sent' || step === 'message_received') {
        messages.inc({ flow, platform, step });
      }
    }),
    listenToExecutions(({ flow, platform, seconds }) =>
      executions.observe({ flow, platform }, seconds),
    ),
  ];
  return {
    text: () => registry.metrics(),
    answered(method, route, status, seconds) {
      requests.observe({ method, route, status: String(status) }, seconds);
    },
    close() {
      for (const end of unlisten) end();
      registry.clear();
    },
  };
}
