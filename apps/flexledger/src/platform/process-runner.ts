/** The processors of a process's platforms, and what else one instance does at a time. */
import {
  type OpenedBlockchainAccessLayer,
  observedText,
} from '@flexledger/blockchain-access-layer';
import {
  type Processor,
  type ProcessorRunner,
  type ProcessorTurn,
  createProcessorRunner,
} from '@flexledger/event-store';
import { createObservabilityPublisher } from '@flexledger/kafka-publisher';
import { messageOf, wallClock, withoutFullStop } from '@flexledger/runtime';
import { keepGoing } from '@flexledger/service-kit';
import type { Config } from '../config/config';
import { viewsFile } from './data-folder';
import { openMirrors } from './mirrors';
import { positionBeforeLive } from './live-position';
import type { Base, PlatformOptions } from './open-base';
import type { HostedPlatforms } from './open-hosted';

const FOLD_AGAIN_MS = 1_000;

/** What the TSO observes the grid by, from the access layer's own rows. */
function observabilityToKafka(
  { observability }: OpenedBlockchainAccessLayer,
  kafka: Config['kafka'],
  onProblem: PlatformOptions['onProblem'],
): Processor {
  const rows = (): ReturnType<typeof observability.now> => observability.now();
  return createObservabilityPublisher({ rows, told: observedText, kafka, onProblem });
}

/** The processors of all hosted platforms, and what else is done by one instance at a time. */
export function runnerOf(
  options: PlatformOptions,
  { store, views, state, folding, webhooks, kafka, traces }: Base,
  hosted: HostedPlatforms,
): ProcessorRunner {
  const { config, clock, mode, deliveryDay, onProblem, again } = options;
  const { customers, accessLayer, dso, market, tso, aggregators, certifier } = hosted;
  const platforms = [customers, accessLayer, dso, market, tso, aggregators, certifier];
  const ofPlatforms = platforms.flatMap((platform) => platform?.processors ?? []);
  const toKafka = kafka ? [kafka.processor] : [];
  const ofProcess = [
    {
      name: `views/${viewsFile('', config.platforms)}`,
      types: [],
      handle: async () => {},
      async begin({ signal, fence }: ProcessorTurn) {
        folding.fence = fence;
        signal.addEventListener('abort', () => (folding.fence = undefined), { once: true });
        void keepGoing(
          (until) => views.runner.follow(until),
          signal,
          (error) => {
            const reason = withoutFullStop(messageOf(error));
            onProblem(`read models: ${reason}; they are folded again soon.`);
          },
          FOLD_AGAIN_MS,
        );
      },
    },
    ...(webhooks ? [webhooks.deliveries.processor] : []),
    ...(accessLayer && config.kafka.brokers.length > 0
      ? [observabilityToKafka(accessLayer, config.kafka, onProblem)]
      : []),
    ...openMirrors(config.mirrors, store, clock, onProblem),
    ...(traces ? [traces.processor] : []),
    ...(market
      ? [
          {
            name: 'market/calendar',
            types: [],
            handle: async () => {},
            begin: async () =>
              void (deliveryDay === undefined
                ? await market.calendar.run()
                : await market.calendar.scheduleDay(deliveryDay)),
          },
        ]
      : []),
  ];
  return createProcessorRunner({
    store,
    state,
    owner: config.instance,
    processors: [...(mode === 'follow' ? ofProcess : []), ...toKafka, ...ofPlatforms],
    clock: wallClock,
    viewsReady: (position) => views.caughtUp(position),
    startAfter: () => positionBeforeLive(store, clock),
    onProblem: ({ message }) => onProblem(message),
    ...(again && { again }),
  });
}
