/**
 * Whom a client of the embedded broker signs in as, and what it may do there. What each role is for is told at
 * `BrokerOptions`.
 */
import { isToken } from '../token';
import { isFeedTopic } from './feed-topics';
import { seriesAnswerTopic, seriesTopic } from './series-topics';
import { DEVICE_TOPICS, allDevicesTopic, parseDeviceTopic } from './topics';

/** A PoD code has 14 characters, what a service calls itself somewhat more. */
export const CLIENT_ID_CHARACTERS = 100;

/** What measures a grid, and the topics that are its own. */
export interface SourceAccount extends BrokerAccount {
  readonly topics: readonly string[];
}

/** An aggregator, whose user reaches its own topics of time series. */
export interface AggregatorAccount extends BrokerAccount {
  readonly aggregatorId: string;
}

/** A user and its password. */
export interface BrokerAccount {
  readonly username: string;
  readonly token: string;
}

export interface BrokerCredentials {
  readonly platform: BrokerAccount;
  /**
   * Those of other organisations that carry setpoints to nodes: each may send setpoints and receive what nodes
   * answer to them, and use the topics of phasors and grids, under any client id that is not a node's.
   */
  readonly carriers?: readonly BrokerAccount[];
  /** Phasor measurement units and data servers. */
  readonly sources?: readonly SourceAccount[];
  /** Aggregators that bring time series. */
  readonly aggregators?: readonly AggregatorAccount[];
  /** A node's token, or `undefined` for a PoD that is not enrolled; asked at every sign-in. */
  tokenOf(podId: string): string | undefined;
}

/** Whom a client of the broker signed in as. */
export type Role = 'platform' | 'carrier' | 'source' | 'aggregator' | 'node';

/** Users of others, any of which may come under several client ids. */
export const OTHERS: readonly Role[] = ['carrier', 'source', 'aggregator'];
/** Those of whom so many packets are taken and no more. */
export const PACED: readonly (Role | undefined)[] = ['node', 'aggregator'];

/** Whether a client of a role may use a topic; a node's client id is its PoD code. */
type TopicRule = (clientId: string, topic: string) => boolean;

/** What a role may publish, beside topics that are its account's own. */
export const MAY_PUBLISH: Readonly<Record<Role, TopicRule>> = {
  platform: () => true,
  carrier: (_, topic) => parseDeviceTopic(topic)?.kind === 'setpoint' || isFeedTopic(topic),
  // Its own topics, which its account names.
  source: () => false,
  aggregator: () => false,
  node(podId, topic) {
    const parsed = parseDeviceTopic(topic);
    return parsed?.podId === podId && DEVICE_TOPICS[parsed.kind].sender === 'node';
  },
};

/** What nodes say of setpoints, of every node: all that a carrier has to hear. */
const CARRIERS_HEAR: readonly string[] = [
  allDevicesTopic('setpointAck'),
  allDevicesTopic('activation'),
];

/** What a role may subscribe to, beside topics that are its account's own. */
export const MAY_SUBSCRIBE: Readonly<Record<Role, TopicRule>> = {
  platform: () => true,
  carrier: (_, filter) => CARRIERS_HEAR.includes(filter) || isFeedTopic(filter),
  source: () => false,
  // Its own topics, both ways.
  aggregator: () => false,
  node: (podId, filter) => parseDeviceTopic(filter)?.podId === podId,
};

/**
 * Whether a node is there is told to who subscribes later; of all else that it says a copy would only be kept, and told
 * again. Time series that were said again to a platform that comes back would take the place of later ones.
 */
export function mayBeRetained(role: Role, topic: string): boolean {
  if (role === 'aggregator') return false;
  return role !== 'node' || parseDeviceTopic(topic)?.kind === 'status';
}

/** Whom a client signs in as, or why it may not. */
export function signIn(
  clientId: string,
  username: string | undefined,
  password: Buffer | undefined,
  credentials: BrokerCredentials,
): { readonly role: Role; readonly topics?: readonly string[] } | { readonly refusal: string } {
  const { platform, carriers = [], sources = [], aggregators = [] } = credentials;
  if (clientId.length > CLIENT_ID_CHARACTERS) {
    return { refusal: `has a client id of more than ${CLIENT_ID_CHARACTERS} characters` };
  }
  if (username === undefined || password === undefined) {
    return { refusal: 'signed in without a user and a token' };
  }
  const source = sources.find((one) => one.username === username);
  const aggregator = aggregators.find((one) => one.username === username);
  const account =
    source ?? aggregator ?? [platform, ...carriers].find((one) => one.username === username);
  if (account) {
    if (!isToken(password, account.token)) return { refusal: `wrong token for ${username}` };
    // A platform service under a node's client id would push that node off the broker.
    if (credentials.tokenOf(clientId) !== undefined) {
      return { refusal: `client id ${clientId} belongs to a node` };
    }
    if (source) return { role: 'source', topics: source.topics };
    if (aggregator) {
      const { aggregatorId } = aggregator;
      const topics = [seriesTopic(aggregatorId), seriesAnswerTopic(aggregatorId)];
      return { role: 'aggregator', topics };
    }
    return { role: account === platform ? 'platform' : 'carrier' };
  }
  if (username !== clientId) {
    return { refusal: "client id and user name differ; a node's are both its PoD code" };
  }
  const token = credentials.tokenOf(username);
  if (token === undefined) return { refusal: `PoD ${username.slice(0, 50)} is not enrolled` };
  return isToken(password, token)
    ? { role: 'node' }
    : { refusal: `wrong token for PoD ${username}` };
}
