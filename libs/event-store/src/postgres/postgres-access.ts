/**
 * How log and read models reach PostgreSQL: one server, or a primary with its replicas, of which the one that takes writes is
 * looked for whenever the last one is lost.
 */
import { sleep, stopwatch } from '@flexledger/runtime';
import type { Client, ClientBase, ClientConfig, Pool, PoolClient } from 'pg';
import { ReplicaOnly, isPassing } from './postgres-failures';

export interface PostgresAccessOptions {
  /** `postgres://user:password@host:port/database`; several hosts by commas: `postgres://one:5432,other:5432/database`. */
  readonly url: string;
  /** How long servers that do not answer are tried again; 10 seconds when absent. */
  readonly patienceMs?: number;
  /** What is thrown then. */
  readonly unavailable: (waitedMs: number, error: Error) => Error;
}

const CONNECTIONS = 8;
const CONNECT_WITHIN_MS = 5_000;
/** Between two tries at servers that do not answer. */
const PAUSE_MS = 250;
const PATIENCE_MS = 10_000;

/** One address for each host that an address names; the same otherwise. */
export function addressesOf(url: string): string[] {
  const parts = /^(postgres(?:ql)?:\/\/(?:[^@/]*@)?)([^/?]+)(.*)$/s.exec(url);
  if (!parts) return [url];
  const [, before, hosts, behind] = parts as unknown as [string, string, string, string];
  return hosts.split(',').map((host) => `${before}${host}${behind}`);
}

/** Connects with the first call. */
export async function openPostgresAccess(options: PostgresAccessOptions): Promise<PostgresAccess> {
  const pg = (await import('pg')).default;
  const addresses = addressesOf(options.url);
  const turn = { at: 0 };
  /** Connects to the server whose turn it is. */
  class ClientInTurn extends pg.Client {
    constructor(config: ClientConfig = {}) {
      super({ ...config, connectionString: addresses[turn.at % addresses.length]! });
    }
  }
  const timing = { connectionTimeoutMillis: CONNECT_WITHIN_MS };
  const pool = new pg.Pool({
    ...timing,
    max: CONNECTIONS,
    Client: ClientInTurn,
    ...(addresses.length > 1 && { onConnect: requirePrimary }),
  });
  // A connection that is lost while nobody uses it: the next one that is needed is made anew.
  pool.on('error', () => undefined);
  // One that is lost while somebody uses it: what was asked of it is rejected.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return new PostgresAccess(options, pool, turn, () => new ClientInTurn(timing));
}

/** A replica answers too, with what it has got so far. @throws ReplicaOnly */
async function requirePrimary(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ replica: boolean; port: number }>(
    'SELECT pg_is_in_recovery() AS replica, inet_server_port() AS port',
  );
  if (rows[0]!.replica) throw new ReplicaOnly(rows[0]!.port);
}

/** Servers of one database, and the patience with them. */
export class PostgresAccess {
  /** The address without what signs in. */
  readonly path: string;
  private readonly patienceMs: number;
  /** Since when no server has answered; calls that come later do not wait that long again. */
  private lostSinceMs: number | undefined;

  constructor(
    private readonly options: PostgresAccessOptions,
    private readonly pool: Pool,
    private readonly turn: { at: number },
    /** A connection beside those that are shared. */
    readonly newClient: () => Client,
  ) {
    this.path = withoutUser(options.url);
    this.patienceMs = options.patienceMs ?? PATIENCE_MS;
  }

  /**
   * Does what may be done again, until a server answers or the patience ends.
   *
   * @param work told whether it may have been done before, for an answer that was lost
   * @param requireOpen throws when nobody waits for it any more
   * @throws what `unavailable` makes of the last failure
   */
  async patiently<Result>(
    work: (client: PoolClient, isAgain: boolean) => Promise<Result>,
    requireOpen: () => void = () => undefined,
  ): Promise<Result> {
    const sinceMs = stopwatch.nowMs();
    for (let isAgain = false; ;) {
      requireOpen();
      const { at } = this.turn;
      let client: PoolClient | undefined;
      try {
        client = await this.pool.connect();
        const result = await work(client, isAgain);
        client.release();
        this.lostSinceMs = undefined;
        return result;
      } catch (error) {
        isAgain ||= client !== undefined;
        client?.release(true);
        requireOpen();
        if (!isPassing(error)) throw error;
        // Others may have turned to the next one already.
        if (this.turn.at === at) this.turn.at += 1;
        this.lostSinceMs ??= stopwatch.nowMs();
        const waitedMs = stopwatch.nowMs() - Math.min(sinceMs, this.lostSinceMs);
        if (waitedMs >= this.patienceMs) throw this.options.unavailable(waitedMs, error as Error);
      }
      await sleep(PAUSE_MS);
    }
  }

  close(): Promise<void> {
    return this.pool.end();
  }
}

/** An address as it may be shown: without what signs in. */
export const withoutUser = (url: string): string => url.replace(/\/\/[^@/]*@/, '//');
