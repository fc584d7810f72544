export { CgmesXmlError, parseCgmesXml } from './cgmes-xml';
export { messageTopic } from './feeds/message-topic';
export { SHORT_MESSAGE_BYTES, requireReadable } from './feeds/readable';
export { instantOf, isCim, listOf, membersOf, payloadOf } from './feeds/payload';
export {
  type PhasorReading,
  type ProcessedReading,
  parseReading,
  processed,
} from './feeds/phasor-reading';
export { type CsvRecord, CsvFault, csvRecords } from './csv/csv-records';
export { parseWeather } from './csv/weather-file';
export * from './repository-root';
export { gridFile, publishedGridOf } from './grid-file';
export * from './rule-pack/load-rule-pack';
export * from './access/clients-file';
export { membersOfLog } from './access/members';
export { AUDIENCE, type PlatformTokens, type TokenOf, openTokens } from './access/platform-tokens';
export { type TokenOfClient, tokenOfClient } from './access/client-credentials';
export { inTurn, turnOf } from './access/turn-by-file';
export {
  Public,
  PublicWithSpeaker,
  Scopes,
  Speaker,
  SpeakerIfKnown,
  requireAccess,
} from './access/scopes';
export type { ReadinessCheck } from './http/health.controller';
export { type CloudEvent, cloudEvent } from './events/cloud-event';
export { STALLED_MS, watchedFrames } from './events/event-frames';
export { type OpenStreams, STREAM_LIMITS, openStreams } from './events/open-streams';
export { type StreamPlaces, openSharedPlaces, ownPlaces } from './events/stream-places';
export { EventsModule } from './events/events.controller';
export { type PartyLog, partyLog } from './events/party-log';
export { DataAccessModule } from './data-access/data-access.controller';
export type { DataGrants } from './data-access/grants';
export type { WebhookReach } from './webhooks/webhook-address';
export { openWebhooks } from './webhooks/open-webhooks';
export { type WebhookFeed, WebhooksModule } from './webhooks/webhooks.controller';
export * from './http/command-context';
export * from './http/http-app';
export { escapedHtml } from './http/escaped-html';
export { JsonLines, linesOf } from './http/json-lines';
export { IsDay, IsInstant, MayBeAbsent, RowsAsSent } from './http/validation';
export type { ApiDocument, Operation } from './http/open-api/complete-document';
export { fileSchema } from './http/open-api/published-schemas';
export { type JsonSchema, exampleOf } from './http/open-api/example-of';
export {
  HttpCommand,
  type HttpCommandOptions,
  HttpQuery,
  type LogReads,
  type Owner,
} from './http/http-bus';
export { Live } from './http/not-modified.interceptor';
export * from './http/page.dto';
export { type ProblemDetails, problemOf } from './http/problem-details';
export { type FlowLogLine, openFlowLog } from './flows/flow-log';
export { toldClient } from './flows/told-calls';
export { MetricsModule } from './metrics/metrics.controller';
export {
  type LookedUp,
  type ProcessMetrics,
  createProcessMetrics,
} from './metrics/process-metrics';
export * from './opened-platform';
export { type Frame } from './mirror/event-stream';
export { type MirrorCarrier, createMirror } from './mirror/mirror';
export { positionShown } from './mirror/shown-event';
export { keepGoing } from './processors/keep-going';
export { ProcessorsModule } from './processors/processors.controller';
export * from './tls/certificate-files';
export { foldOfLog } from './events/fold-of-log';
