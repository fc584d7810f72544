/**
 * Who may sign in at a Mosquitto, and say and hear what there, kept as the embedded broker has it: by its plugin for
 * dynamic security, whose commands go over MQTT (`$CONTROL/dynamic-security/v1`), so that no file is shared with the broker
 * and none of its processes is told to read one again.
 */
import { messageOf } from '@flexledger/runtime';
import { type IClientOptions, type MqttClient, connect } from 'mqtt';
import type { BrokerAccount } from './broker-roles';
import { DEVICE_TOPICS, allDevicesTopic, deviceTopic } from './topics';

/** A node's user: its PoD code, with a password that another node of the PoD does not have. */
export interface NodeAccount extends BrokerAccount {
  /** How many nodes the PoD has had, this one counted; kept at the broker, so that a password is renewed when it is another. */
  readonly enrolments: number;
}

export interface MosquittoAccountsOptions {
  readonly host: string;
  readonly port: number;
  /** It speaks TLS; `ca` beside the certificates that the machine trusts, PEM. */
  readonly tls?: { readonly ca?: string };
  /** A user with the plugin's role `admin`. */
  readonly admin: BrokerAccount;
  /** The platform's own user. */
  readonly platform: BrokerAccount;
  /** Users that carry setpoints. */
  readonly carriers: readonly BrokerAccount[];
  /** Every node that is enrolled; asked at each connection, for the broker may have lost what it knew. */
  nodes(): Promise<Iterable<NodeAccount>>;
  readonly onProblem: (problem: string) => void;
}

export interface MosquittoAccounts {
  /** Resolves once the users stand at the broker for the first time. */
  readonly ready: Promise<void>;
  /** Lets a node in; resolves when the broker knows it, or cannot be asked now: then it is told at the next connection. */
  give(node: NodeAccount): Promise<void>;
  /** Takes a node's user away, which cuts its connection. */
  remove(podId: string): Promise<void>;
  close(): Promise<void>;
}

const CONTROL = '$CONTROL/dynamic-security/v1';
const RESPONSES = `${CONTROL}/response`;
/** Nodes in one message, far below what a broker takes. */
const NODES_AT_ONCE = 100;
const ANSWER_WITHIN_MS = 10_000;
const REDIAL_MS = 1_000;

interface Command {
  readonly command: string;
  readonly [member: string]: unknown;
}

interface Answer {
  readonly command: string;
  readonly error?: string;
  readonly data?: {
    readonly client?: { readonly textname?: string };
    readonly role?: { readonly acls?: readonly { readonly topic: string }[] };
  };
}

const acl = (acltype: string, topic: string) => ({ acltype, topic, priority: 0, allow: true });

const PLATFORM_ROLE = {
  rolename: 'flexledger-platform',
  acls: [
    acl('publishClientSend', 'flexledger/#'),
    acl('subscribePattern', 'flexledger/#'),
    // To this broker a shared subscription is a topic of another name.
    acl('subscribePattern', '$share/+/flexledger/#'),
  ],
};
const CARRIER_ROLE = {
  rolename: 'flexledger-carrier',
  acls: [
    acl('publishClientSend', allDevicesTopic('setpoint')),
    ...(['setpointAck', 'activation'] as const).map((kind) =>
      acl('subscribeLiteral', allDevicesTopic(kind)),
    ),
  ],
};

const OWN_ROLES = [PLATFORM_ROLE, CARRIER_ROLE];

function roleOfNode(podId: string) {
  const kinds = Object.keys(DEVICE_TOPICS) as (keyof typeof DEVICE_TOPICS)[];
  return {
    rolename: `flexledger-node-${podId}`,
    acls: kinds.map((kind) =>
      acl(
        DEVICE_TOPICS[kind].sender === 'node' ? 'publishClientSend' : 'subscribeLiteral',
        deviceTopic(podId, kind),
      ),
    ),
  };
}

/** Nobody says or hears anything that no role allows. */
const DEFAULTS: Command = {
  command: 'setDefaultACLAccess',
  acls: [
    { acltype: 'publishClientSend', allow: false },
    { acltype: 'publishClientReceive', allow: true },
    { acltype: 'subscribe', allow: false },
    { acltype: 'unsubscribe', allow: true },
  ],
};

const isThere = ({ error }: Answer): boolean => /already exists/i.test(error ?? '');

/** Connects and keeps the users for as long as it is open. */
export function keepMosquittoAccounts(options: MosquittoAccountsOptions): MosquittoAccounts {
  const { host, port, tls, admin, platform, carriers, onProblem } = options;
  const settings: IClientOptions = {
    protocol: tls ? 'mqtts' : 'mqtt',
    host,
    port,
    username: admin.username,
    password: admin.token,
    reconnectPeriod: REDIAL_MS,
    resubscribe: false,
    queueQoSZero: false,
    ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
  };
  const client = connect(settings);
  let told: string | undefined;
  const tell = (problem: string): void => {
    if (problem !== told) onProblem(problem);
    told = problem;
  };
  const ask = oneAtATime(client);
  let settle!: () => void;
  const ready = new Promise<void>((resolve) => (settle = resolve));

  /** @throws Error when the broker refuses anything but what stands already */
  async function carryOut(commands: readonly Command[]): Promise<readonly Answer[]> {
    const answers = await ask(commands);
    const refused = answers.find((answer) => answer.error !== undefined && !isThere(answer));
    if (refused) throw new Error(`${refused.command} was refused: ${refused.error}`);
    return answers;
  }

  async function letIn(nodes: readonly NodeAccount[]): Promise<void> {
    const answers = await carryOut(
      nodes.flatMap((node) => [
        { command: 'createRole', ...roleOfNode(node.username) },
        createClient(node, roleOfNode(node.username).rolename, {
          clientid: node.username,
          textname: String(node.enrolments),
        }),
      ]),
    );
    const standing = nodes.filter((_, index) => isThere(answers[2 * index + 1]!));
    if (standing.length === 0) return;
    const known = await carryOut(
      standing.map(({ username }) => ({ command: 'getClient', username })),
    );
    const renewed = standing.filter(
      ({ enrolments }, index) => known[index]!.data?.client?.textname !== String(enrolments),
    );
    // It cuts the connection too: of the node that had the PoD before.
    if (renewed.length > 0) await carryOut(renewed.map(renewal));
  }

  /** A role that stands may be an older release's, which allowed less; to change it cuts whoever has it. */
  async function renewRoles(): Promise<void> {
    const known = await carryOut(
      OWN_ROLES.map(({ rolename }) => ({ command: 'getRole', rolename })),
    );
    const outdated = OWN_ROLES.filter(({ acls }, index) => {
      const topics = new Set(known[index]!.data?.role?.acls?.map(({ topic }) => topic));
      return acls.some(({ topic }) => !topics.has(topic));
    });
    if (outdated.length === 0) return;
    await carryOut(outdated.map((role) => ({ command: 'modifyRole', ...role })));
  }

  async function settleAll(): Promise<void> {
    await carryOut([
      DEFAULTS,
      ...OWN_ROLES.map((role) => ({ command: 'createRole', ...role })),
      createClient(platform, PLATFORM_ROLE.rolename),
      ...carriers.map((carrier) => createClient(carrier, CARRIER_ROLE.rolename)),
    ]);
    await renewRoles();
    // Their passwords follow from the data folder's keys, which may be others now.
    await carryOut(
      [platform, ...carriers].map(({ username, token }) => ({
        command: 'setClientPassword',
        username,
        password: token,
      })),
    );
    const nodes = [...(await options.nodes())];
    for (let at = 0; at < nodes.length; at += NODES_AT_ONCE) {
      await letIn(nodes.slice(at, at + NODES_AT_ONCE));
    }
  }

  client.on('connect', () => {
    void client
      .subscribeAsync(RESPONSES, { qos: 1 })
      .then(settleAll)
      .then(() => {
        told = undefined;
        settle();
      })
      .catch((error: unknown) => {
        tell(
          `The users of the broker at ${host}:${port} cannot be kept: ${messageOf(error)}. Look whether ` +
            `it has the plugin for dynamic security, and whether ${admin.username} has its role admin.`,
        );
        if (!client.disconnecting) client.reconnect();
      });
  });
  client.on('error', (error) => tell(`The broker at ${host}:${port} refuses us: ${error.message}`));

  const atOnce = async (work: () => Promise<unknown>): Promise<void> => {
    if (!client.connected) return;
    await work().catch((error: unknown) => tell(messageOf(error)));
  };
  return {
    ready,
    give: (node) => atOnce(() => letIn([node])),
    remove: (podId) =>
      atOnce(() =>
        ask([
          { command: 'deleteClient', username: podId },
          { command: 'deleteRole', rolename: roleOfNode(podId).rolename },
        ]),
      ),
    close: () => client.endAsync(true),
  };
}

function createClient(
  { username, token }: BrokerAccount,
  rolename: string,
  more: object = {},
): Command {
  return {
    command: 'createClient',
    username,
    password: token,
    roles: [{ rolename, priority: 0 }],
    ...more,
  };
}

function renewal({ username, token, enrolments }: NodeAccount): Command {
  const textname = String(enrolments);
  return { command: 'modifyClient', username, password: token, textname };
}

/** Commands in the order of the calls, each answered before the next is sent: an answer says of no call which one it is of. */
function oneAtATime(client: MqttClient) {
  let before: Promise<unknown> = Promise.resolve();
  return (commands: readonly Command[]): Promise<readonly Answer[]> => {
    const asked = before.then(() => askOnce(client, commands));
    before = asked.catch(() => undefined);
    return asked;
  };
}

async function askOnce(
  client: MqttClient,
  commands: readonly Command[],
): Promise<readonly Answer[]> {
  let stop = (): void => undefined;
  const answered = new Promise<readonly Answer[]>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no answer within ${ANSWER_WITHIN_MS / 1_000} s`)),
      ANSWER_WITHIN_MS,
    );
    const take = (topic: string, payload: Buffer): void => {
      if (topic !== RESPONSES) return;
      const { responses } = JSON.parse(payload.toString()) as { responses: readonly Answer[] };
      resolve(responses);
    };
    const lost = (): void => reject(new Error('the connection ended before the answer'));
    client.on('message', take);
    client.once('close', lost);
    stop = () => {
      clearTimeout(timer);
      client.off('message', take);
      client.off('close', lost);
    };
  });
  answered.catch(() => undefined);
  try {
    // A broker that is lost meanwhile takes it never; what was asked is asked again at the next connection.
    const sent = client.publishAsync(CONTROL, JSON.stringify({ commands }), { qos: 0 });
    const [answers] = await Promise.all([answered, sent]);
    return answers;
  } finally {
    stop();
  }
}
