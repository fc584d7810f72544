/**
 * What the node says and takes on its own machine (D3.5 3.1.5), for the customer's side: loopback only, JSON.
 *
 * | request              | answer                                                                      |
 * | -------------------- | --------------------------------------------------------------------------- |
 * | `GET /v1/status`     | PoD, connection, packets that wait, the meter's last reading, what is followed |
 * | `GET /v1/setpoints`  | the platform's setpoints with what was answered to each, oldest first       |
 * | `POST /v1/setpoints` | one of the customer's own: `{windowStart, targetW, targetVar}`              |
 */
import { type IncomingMessage, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf } from '@flexledger/runtime';
import type { LightNode } from '../light-node';
import type { OwnSetpoint } from '../setpoints/setpoint-receiver';

export interface LocalApi {
  readonly port: number;
  close(): Promise<void>;
}

/** What the node is asked through it. */
export type LocalNode = Pick<
  LightNode,
  'isConnected' | 'pendingPackets' | 'lastReading' | 'setpoints'
>;

const HOST = '127.0.0.1';
/** Names under which a browser or a program of this machine asks; any other is a stranger's page. */
const OWN_HOSTS = /^(127\.0\.0\.1|localhost)(:\d+)?$/;
const BODY_BYTES = 16 * 1024;

interface Answer {
  readonly status: number;
  readonly body: object;
}

/** Nothing can listen at the port; its message names it. */
export class LocalPortUnusable extends Error {
  override readonly name = 'LocalPortUnusable';
}

/** @param port 0 takes any free one. @throws LocalPortUnusable */
export async function openLocalApi(
  podId: string,
  node: LocalNode,
  port: number,
): Promise<LocalApi> {
  const server: Server = createServer((request, response) => {
    answerTo(request, podId, node)
      .catch((error: unknown): Answer => ({ status: 500, body: { detail: messageOf(error) } }))
      .then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(`${JSON.stringify(body)}\n`);
      })
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new LocalPortUnusable(
          `The local interface cannot listen on ${HOST}:${port}: ${error.message}. Choose another port.`,
          { cause: error },
        ),
      ),
    );
    server.listen(port, HOST, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answerTo(request: IncomingMessage, podId: string, node: LocalNode): Promise<Answer> {
  const { method, url, headers } = request;
  if (!OWN_HOSTS.test(headers.host ?? '')) {
    return refused(403, 'ask by 127.0.0.1 or localhost: this interface is for this machine');
  }
  if (url === '/v1/status' && method === 'GET') return { status: 200, body: statusOf(podId, node) };
  if (url !== '/v1/setpoints') {
    return refused(404, 'there are /v1/status and /v1/setpoints');
  }
  if (method === 'GET') return { status: 200, body: { setpoints: node.setpoints.received() } };
  if (method !== 'POST') return refused(405, 'GET and POST are answered');
  // A page of a stranger can send text without being asked, and JSON not.
  if (headers['content-type']?.split(';')[0] !== 'application/json') {
    return refused(415, 'send application/json');
  }
  return takeOwn(await bodyOf(request), node);
}

async function takeOwn(text: string | undefined, node: LocalNode): Promise<Answer> {
  if (text === undefined) return refused(413, `at most ${BODY_BYTES} bytes are read`);
  let setpoint: unknown;
  try {
    setpoint = JSON.parse(text);
  } catch {
    return refused(400, 'the body is no JSON');
  }
  if (typeof setpoint !== 'object' || setpoint === null || Array.isArray(setpoint)) {
    return refused(400, 'the body is no object');
  }
  try {
    const receipt = await node.setpoints.receiveOwn(setpoint as OwnSetpoint);
    return { status: 'failureReason' in receipt ? 409 : 200, body: receipt };
  } catch (error) {
    if (error instanceof RangeError) return refused(400, error.message);
    throw error;
  }
}

function statusOf(podId: string, node: LocalNode): object {
  return {
    podId,
    isConnected: node.isConnected(),
    pendingPackets: node.pendingPackets(),
    lastReading: node.lastReading() ?? null,
    followed: node.setpoints.followed() ?? null,
  };
}

/** Undefined where it is longer than what is read. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function refused(status: number, detail: string): Answer {
  return { status, body: { detail } };
}
