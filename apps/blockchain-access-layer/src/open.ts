/** The blockchain access layer opens itself: Light Nodes on one side, the log and its readers on the other. */
import type { PacketsPort } from '@flexledger/ports';
import { type AnyView, type Views, anomaliesView, lightNodesView } from '@flexledger/projections';
import { type OpenedPlatform, openStreams } from '@flexledger/service-kit';
import { type AccessLayer, type AccessLayerOptions, openAccessLayer } from './access-layer';
import type { NodeCredentials } from './enrolment/credentials';
import { BlockchainAccessLayerModule } from './blockchain-access-layer.module';
import { type Observability, createObservability } from './live-power/observability';
import { packetsPort } from './packets/packets-port';

export interface BlockchainAccessLayerOptions extends AccessLayerOptions {
  /** They MUST hold `blockchainAccessLayerViews`. */
  readonly views: Pick<Views, 'documents'>;
  readonly credentials: NodeCredentials;
}

/** The read models that its controllers read. */
export const blockchainAccessLayerViews: readonly AnyView[] = [lightNodesView, anomaliesView];

export interface OpenedBlockchainAccessLayer extends OpenedPlatform {
  readonly ports: { readonly packets: PacketsPort };
  /** Enrolment, and what has come in from the nodes. */
  readonly layer: AccessLayer;
  readonly observability: Observability;
}

/**
 * Reads who is enrolled and begins to connect to the broker (`layer.ready`). What comes in waits until
 * `layer.flushRegularly`, or a simulated day's own steps, record it.
 */
export async function openBlockchainAccessLayer(
  options: BlockchainAccessLayerOptions,
): Promise<OpenedBlockchainAccessLayer> {
  const layer = await openAccessLayer(options);
  const packets = packetsPort(options.log);
  const observability = createObservability(options.log, options.clock, layer.livePower);
  return {
    http: BlockchainAccessLayerModule.register(
      packets,
      {
        enrolment: layer.enrolment,
        credentials: options.credentials,
        policy: options.policy,
        documents: options.views.documents,
        clock: options.clock,
      },
      {
        livePower: layer.livePower,
        observability,
        streams: openStreams(),
        clock: options.clock,
      },
    ),
    processors: [],
    ports: { packets },
    layer,
    observability,
    close: () => layer.close(),
  };
}
