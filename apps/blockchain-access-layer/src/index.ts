export {
  type BlockchainAccessLayerOptions,
  type OpenedBlockchainAccessLayer,
  blockchainAccessLayerViews,
  openBlockchainAccessLayer,
} from './open';
export { BLOCKCHAIN_ACCESS_LAYER_POLICY, type BlockchainAccessLayerPolicy } from './policy';
export type { AccessLayer } from './access-layer';
export { FLEET_REHEARSAL, rehearse } from './rehearsal';
export { observedText } from './live-power/observability';
