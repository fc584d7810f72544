/**
 * The AsyncAPI 3.0 document of what is not asked for but comes: the stream of events, webhooks, the topics in Kafka, and
 * the MQTT topics of the Light Nodes and of aggregators' time series. Written from the types of the events, the tables of topics and the schemas that their
 * messages are checked by.
 *
 *   npm run async-api             writes `infra/asyncapi.json`, served at `/api/docs/asyncapi.json`
 *   npm run async-api -- --check  only compares, and validates it by AsyncAPI's own parser
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { readDomain } from './read-domain.mjs';

const require = createRequire(import.meta.url);
const {
  DEVICE_MESSAGE_SCHEMAS,
  DEVICE_TOPICS,
  deviceTopic,
  seriesAnswerTopic,
  seriesTopic,
} = require('../dist/libs/messaging/src');
const { SERIES_REFUSALS } = require('../dist/apps/aggregator-platform/src');
const { topicsOf } = require('../dist/apps/kafka-publisher/src/topics');
const { version } = require('../package.json');
/** Of the routes; the rows of a topic are those of a route too. */
const { types: answers } = require('./response-schemas.json');

const kept = new URL('asyncapi.json', import.meta.url);
const { versions, schemas, named, described } = readDomain();
const types = Object.keys(versions).sort();
/** As a topic of an aggregator is named for the table, and as the document names the parameter. */
const AGGREGATOR = 'aggregatorId';
/** What stands in the one topic that has no events. */
const OBSERVED = 'ObservedPod';
const text = `${JSON.stringify(asyncApi())}\n`;
if (process.argv.includes('--check')) await check();
else writeFileSync(kept, text);

async function check() {
  const before = existsSync(kept) ? readFileSync(kept, 'utf8') : '';
  if (before !== text) {
    process.stderr.write(
      'infra/asyncapi.json is not of today: run `npm run async-api` and check it in.\n',
    );
    process.exitCode = 1;
    return;
  }
  const { Parser } = require('@asyncapi/parser');
  const diagnostics = await new Parser().validate(before);
  const faults = diagnostics.filter(({ severity }) => severity <= 1);
  for (const { message, path } of faults) process.stderr.write(`${path.join('.')}: ${message}\n`);
  process.stdout.write(`infra/asyncapi.json: ${types.length} events, ${faults.length} faults.\n`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}

function asyncApi() {
  const topics = Object.keys(DEVICE_TOPICS);
  const kafkaTopics = topicsOf([AGGREGATOR]).map(withId);
  return {
    asyncapi: '3.0.0',
    id: 'urn:flexledger:async',
    defaultContentType: 'application/json',
    info: {
      title: 'Flexledger: streams, webhooks, Kafka and Light Nodes',
      version,
      description:
        'What comes without being asked for. All else is REST: /api/docs/openapi.json. Which role is shown which ' +
        'events: /docs/events-by-role.html.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: {
      rest: {
        host: '127.0.0.1:8080',
        protocol: 'http',
        description: 'The REST interface; https where it is configured',
        security: [{ $ref: '#/components/securitySchemes/oauth2' }],
      },
      kafka: {
        host: '127.0.0.1:9094',
        protocol: 'kafka-secure',
        description: 'A cluster, where one is configured; TLS on both sides',
        security: [{ $ref: '#/components/securitySchemes/certificate' }],
      },
      broker: {
        host: '127.0.0.1:1883',
        protocol: 'mqtt',
        description:
          'MQTT 3.1.1; TLS where it is configured. Address and credentials come with the enrolment',
        security: [{ $ref: '#/components/securitySchemes/nodePassword' }],
      },
    },
    channels: {
      ...Object.fromEntries(kafkaTopics.map((topic) => [topic.id, kafkaChannel(topic)])),
      events: {
        address: '/api/v1/events',
        title: "One's own events in the order of the log",
        description:
          'Server-sent events with `Accept: text/event-stream` and the scope `events:read`: `id` is the position, ' +
          '`data` a CloudEvent. Goes on after `Last-Event-ID`.',
        servers: [{ $ref: '#/servers/rest' }],
        messages: messageRefs(types),
      },
      webhooks: {
        address: null,
        title: 'The same events, sent to an address of yours',
        description:
          'POST of one CloudEvent, signed after Standard Webhooks 1.0.0 (`webhook-id`, `webhook-timestamp`, ' +
          '`webhook-signature`); repeated with growing pauses until it is answered with 2xx. Subscribe: POST /api/v1/webhooks.',
        messages: messageRefs(types),
      },
      ...Object.fromEntries(topics.map((kind) => [kind, topicChannel(kind)])),
      ...seriesChannels(),
    },
    operations: {
      streamEvents: {
        action: 'send',
        channel: { $ref: '#/channels/events' },
        summary: 'Shows events',
      },
      callWebhook: {
        action: 'send',
        channel: { $ref: '#/channels/webhooks' },
        summary: 'Sends an event',
      },
      ...Object.fromEntries(
        kafkaTopics.map(({ id, party }) => [
          `publish${upper(id)}`,
          {
            action: 'send',
            channel: { $ref: `#/channels/${id}` },
            summary: `Publishes for ${party.replace(`:${AGGREGATOR}`, '')}`,
          },
        ]),
      ),
      ...Object.fromEntries(topics.map((kind) => [operationOf(kind), topicOperation(kind)])),
      ...seriesOperations(),
    },
    components: {
      messages: Object.fromEntries([
        ...types.map((type) => [type, eventMessage(type)]),
        [OBSERVED, observedMessage()],
        ...topics.map((kind) => [`${kind}Message`, deviceMessage(kind)]),
        ...Object.entries(seriesMessages()),
      ]),
      schemas: {
        CloudEvent: cloudEvent(),
        ...Object.fromEntries(Object.entries(named).map(([name, it]) => [name, relocated(it)])),
        ...Object.fromEntries(types.map((type) => [`${type}Data`, relocated(schemas.get(type))])),
        [OBSERVED]: answers[OBSERVED],
        ObservedAnomaly: answers.ObservedAnomaly,
      },
      securitySchemes: {
        oauth2: {
          type: 'oauth2',
          flows: {
            clientCredentials: {
              tokenUrl: 'http://127.0.0.1:8080/oauth/token',
              availableScopes: { 'events:read': 'One’s own events' },
            },
          },
        },
        certificate: {
          type: 'X509',
          description:
            "By the certificate's common name: `dso`, `aggregator.alfa`, `platform.market`",
        },
        nodePassword: {
          type: 'userPassword',
          description:
            'As the enrolment answered them; of an aggregator `aggregator:ID`, with its password in aggregator-secrets.json',
        },
      },
    },
  };
}

function messageRefs(names) {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }]));
}

function eventMessage(type) {
  const { says, about } = described.get(type);
  const [summary] = [says, ...about].filter(Boolean).map((it) => it.replaceAll(/\s+/g, ' '));
  return {
    name: `flexledger.${type}`,
    title: type,
    ...(summary ? { summary } : {}),
    payload: {
      allOf: [
        { $ref: '#/components/schemas/CloudEvent' },
        {
          type: 'object',
          properties: {
            type: { const: `flexledger.${type}` },
            schemaversion: { const: versions[type] },
            data: { $ref: `#/components/schemas/${type}Data` },
          },
        },
      ],
    },
  };
}

/** As `libs/service-kit/src/events/cloud-event.ts` writes it. */
function cloudEvent() {
  const string = { type: 'string' };
  const number = { type: 'integer' };
  const properties = {
    specversion: { const: '1.0' },
    id: { ...string, format: 'uuid' },
    source: string,
    type: string,
    subject: { ...string, description: 'The stream' },
    time: { ...string, format: 'date-time', description: 'When it happened' },
    datacontenttype: { const: 'application/json' },
    data: { type: 'object' },
    position: { ...number, description: 'In the log; increases and leaves gaps' },
    revision: { ...number, description: 'In its stream' },
    schemaversion: number,
    recordedtime: { ...string, format: 'date-time' },
    correlationid: string,
    causationid: string,
    actor: string,
    hash: {
      ...string,
      pattern: '^[0-9a-f]{64}$',
      description: 'Of the whole event, for its proof',
    },
  };
  const flexledgerpartial = { const: true, description: "`data` holds the reader's own rows" };
  return {
    type: 'object',
    required: Object.keys(properties),
    properties: { ...properties, flexledgerpartial },
  };
}

/** With the name of its channel: `settlementAggregator`, `validatedOutcomeDso`. */
function withId(topic) {
  const words = topic.name.replace(AGGREGATOR, 'aggregator').toLowerCase().split('_');
  return { ...topic, id: words.map((word, index) => (index === 0 ? word : upper(word))).join('') };
}

function kafkaChannel({ name, party, types: published }) {
  const isOfAggregator = name.endsWith(AGGREGATOR);
  if (published.length === 0) return observedChannel(name, party);
  return {
    address: name.replace(AGGREGATOR, `{${AGGREGATOR}}`),
    description:
      `Read by ${party.replace(AGGREGATOR, `{${AGGREGATOR}}`)} alone, each event as that party is shown it. The key is the PoD, ` +
      'else the session; the header `ce_id` is the event’s id, under which it may come again. The address may have a prefix.',
    servers: [{ $ref: '#/servers/kafka' }],
    ...(isOfAggregator && {
      parameters: { [AGGREGATOR]: { description: 'The aggregator, whose rows or PoDs they are' } },
    }),
    messages: messageRefs(published),
  };
}

function observedChannel(name, party) {
  return {
    address: name,
    description:
      `Read by ${party} alone: the row of each PoD anew whenever it reads otherwise, within seconds, and all of them ` +
      'when another instance begins to publish. The key is the PoD. The address may have a prefix.',
    servers: [{ $ref: '#/servers/kafka' }],
    messages: messageRefs([OBSERVED]),
  };
}

/** As `apps/kafka-publisher/src/observability-publisher.ts` writes it. */
function observedMessage() {
  const string = { type: 'string' };
  const properties = {
    specversion: { const: '1.0' },
    id: { ...string, format: 'uuid' },
    source: string,
    type: { const: `flexledger.${OBSERVED}` },
    subject: { ...string, description: 'The PoD' },
    time: { ...string, format: 'date-time' },
    datacontenttype: { const: 'application/json' },
    data: { $ref: `#/components/schemas/${OBSERVED}` },
  };
  return {
    name: `flexledger.${OBSERVED}`,
    title: OBSERVED,
    summary:
      'A PoD as the grid is observed now, the fields of D3.3 table 30; no event of the log, so without position and hash',
    payload: { type: 'object', required: Object.keys(properties), properties },
  };
}

function operationOf(kind) {
  return `${DEVICE_TOPICS[kind].sender === 'node' ? 'take' : 'send'}${upper(kind)}`;
}

function upper(name) {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function topicChannel(kind) {
  return {
    address: deviceTopic('IT002E60776854', kind).replace('IT002E60776854', '{podId}'),
    servers: [{ $ref: '#/servers/broker' }],
    parameters: { podId: { description: 'The PoD; a node reaches its own topics only' } },
    messages: messageRefs([`${kind}Message`]),
  };
}

function topicOperation(kind) {
  const { sender, qos } = DEVICE_TOPICS[kind];
  const isFromNode = sender === 'node';
  return {
    action: isFromNode ? 'receive' : 'send',
    channel: { $ref: `#/channels/${kind}` },
    summary: isFromNode ? 'What a Light Node publishes' : 'What the platform publishes',
    bindings: { mqtt: { qos, retain: kind === 'status', bindingVersion: '0.2.0' } },
  };
}

function deviceMessage(kind) {
  const isMeasured = kind === 'measurement' || kind === 'power';
  return {
    name: kind,
    title: upper(kind),
    ...(isMeasured && {
      description:
        'May be written as MeterReadings of IEC 61968-9 (application/xml): /docs/reference/meter-readings.html',
    }),
    payload: withInstants(DEVICE_MESSAGE_SCHEMAS[kind]),
  };
}

/** Time series of an aggregator's own systems, and what became of them. */
function seriesChannels() {
  const channel = (address, message) => ({
    address: address.replace(AGGREGATOR, `{${AGGREGATOR}}`),
    servers: [{ $ref: '#/servers/broker' }],
    parameters: { [AGGREGATOR]: { description: 'The aggregator, whose user alone reaches it' } },
    messages: messageRefs([message]),
  });
  return {
    series: channel(seriesTopic(AGGREGATOR), 'seriesFile'),
    seriesAnswer: channel(seriesAnswerTopic(AGGREGATOR), 'seriesAnswer'),
  };
}

function seriesOperations() {
  const bindings = { mqtt: { qos: 1, retain: false, bindingVersion: '0.2.0' } };
  return {
    takeSeries: {
      action: 'receive',
      channel: { $ref: '#/channels/series' },
      summary: "What an aggregator's systems publish",
      bindings,
    },
    sendSeriesAnswer: {
      action: 'send',
      channel: { $ref: '#/channels/seriesAnswer' },
      summary: 'What became of each file',
      bindings,
    },
  };
}

function seriesMessages() {
  const text = { type: 'string' };
  const item = {
    type: 'object',
    required: ['podId', 'deliveryDay', 'accepted'],
    properties: {
      podId: text,
      deliveryDay: { ...text, format: 'date' },
      accepted: { type: 'boolean' },
      reason: text,
    },
  };
  const id = { ...text, pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the message' };
  const violation = {
    type: 'object',
    required: ['field', 'reason'],
    properties: { field: text, reason: text },
  };
  return {
    seriesFile: {
      name: 'series',
      title: 'File of time series',
      contentType: 'text/plain',
      description:
        'As by POST /api/v1/portfolio/baselines/series: CSV, JSON or XML, told apart by the first sign, plain or packed ' +
        'with gzip, 2,000,000 bytes at most. Taken as a whole or not at all. Who hears no answer says it again.',
      payload: text,
    },
    seriesAnswer: {
      name: 'seriesAnswer',
      title: 'Answer to a file of time series',
      payload: {
        oneOf: [
          {
            type: 'object',
            required: ['id', 'accepted', 'items'],
            properties: { id, accepted: { const: true }, items: { type: 'array', items: item } },
          },
          {
            type: 'object',
            required: ['id', 'accepted', 'code', 'reason', 'remedy', 'errors'],
            properties: {
              id,
              accepted: { const: false },
              code: { enum: SERIES_REFUSALS },
              reason: text,
              remedy: text,
              errors: { type: 'array', items: violation },
            },
          },
        ],
      },
    },
  };
}

/** Our `instant` is an RFC 3339 date-time in UTC. */
function withInstants(schema) {
  return JSON.parse(
    JSON.stringify(schema).replaceAll('"format":"instant"', '"format":"date-time"'),
  );
}

function relocated(schema) {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'));
}
