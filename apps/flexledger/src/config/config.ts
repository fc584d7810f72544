/** What one process runs and how, after file, environment and flags are put together. */
import type { Pkcs11Key } from '@flexledger/certifier';
import { PLATFORMS, type PlatformName } from '@flexledger/command-line';
import type { ObjectiveFunction } from '@flexledger/domain';
import type { Feed } from '@flexledger/dso-technical-platform';
import type { FederatedIssuer } from '@flexledger/identity';
import type { WebhookReach } from '@flexledger/service-kit';

export { PLATFORMS, type PlatformName };

/** A listener's key and certificate, PEM files. */
export interface CertificateSetting {
  readonly keyFile: string;
  readonly certificateFile: string;
}

/** Another organisation whose log is followed. */
export interface MirrorSetting {
  readonly name: string;
  readonly url: string;
  readonly party: string;
  readonly clientId?: string;
  /** Absent only where it is read from Kafka and runs no platforms. */
  readonly secretFile?: string;
  /** Where it publishes what this one follows, in the place of its event stream. */
  readonly kafka?: {
    readonly brokers: readonly string[];
    readonly topics: readonly string[];
    /** By which the party is known to the cluster. */
    readonly tls?: CertificateSetting;
    readonly caFile?: string;
  };
  readonly issuerUrl?: string;
  readonly certifierUrl?: string;
  readonly platforms: readonly PlatformName[];
}

/** Every member as `infra/flexledger.schema.json` describes it. */
export interface Config {
  readonly dataDir: string;
  readonly platforms: readonly PlatformName[];
  readonly instance: string;
  readonly log: {
    /** Of a server; the embedded log of the data folder when absent. */
    readonly url?: string;
    /** What the log's streams begin with at a server that keeps other things too. */
    readonly namespace?: string;
    readonly host: string;
    /** Where the embedded log is served; it is not when absent. */
    readonly port?: number;
    readonly tls?: CertificateSetting;
  };
  readonly http: {
    readonly host: string;
    readonly port: number;
    readonly tls?: CertificateSetting;
  };
  readonly addresses: Readonly<Record<PlatformName, string>>;
  readonly mqtt: {
    readonly host: string;
    readonly port: number;
    /** Where Light Nodes reach the broker, when that is not where it listens. */
    readonly publicHost?: string;
    readonly publicPort?: number;
    readonly tls?: CertificateSetting;
    readonly caFile?: string;
    /** Of this process's platforms, at a broker of another organisation. */
    readonly username: string;
    /** That user's password; it follows from the data folder's keys when absent. */
    readonly tokenFile?: string;
    /** At a Mosquitto, with its password in `adminTokenFile`. */
    readonly adminUsername: string;
    /** Named where a Mosquitto is used in the place of the embedded broker. */
    readonly adminTokenFile?: string;
    /** Users of other organisations that carry setpoints over this process's broker. */
    readonly carriers: readonly string[];
    /** Phasor measurement units and data servers, each with the topics that are its own. */
    readonly sources: readonly { readonly name: string; readonly topics: readonly string[] }[];
    /** Ids of aggregators whose systems bring time series over the broker. */
    readonly aggregators: readonly string[];
  };
  readonly views: {
    /** Of a PostgreSQL or a MongoDB; files of the data folder when absent. */
    readonly url?: string;
    readonly database: string;
  };
  readonly kafka: {
    /** None where nothing is published. */
    readonly brokers: readonly string[];
    readonly topicPrefix: string;
    /** By which this installation is known to the cluster. */
    readonly tls?: CertificateSetting;
    readonly caFile?: string;
  };
  readonly chain: {
    readonly rpcUrl?: string;
    /** Other nodes of the chain at `rpcUrl`, in the order in which they take its place. */
    readonly fallbackRpcUrls: readonly string[];
    readonly port: number;
    /** Addresses of those who have duties in the contracts. */
    readonly admin?: string;
    readonly guardian?: string;
    readonly marketAccount?: string;
    readonly marketKeyFile?: string;
  };
  readonly market: { readonly rules: string; readonly objectives: readonly ObjectiveFunction[] };
  readonly dso: {
    readonly grid: string;
    readonly forecastMinutes: number;
    readonly reviewMinutes: number;
    /** What is taken in over the broker beside setpoints' answers. */
    readonly feeds: readonly Feed[];
    /** Where a data server is heard that speaks no MQTT; nowhere when absent. */
    readonly tcp?: {
      readonly host: string;
      readonly port: number;
      readonly tls?: CertificateSetting;
    };
  };
  readonly tso: { readonly requestMinutes: number };
  readonly aggregator: {
    readonly forecastMinutes: number;
    readonly offerMinutes: number;
    readonly dayAheadSharePerMille: number;
    readonly importFrom: readonly string[];
  };
  readonly accessLayer: {
    readonly largestConnectionW: number;
    readonly recordEveryMs: number;
    /** Where meters are heard that speak no MQTT; nowhere when absent. */
    readonly tcp?: {
      readonly host: string;
      readonly port: number;
      readonly tls?: CertificateSetting;
      readonly connections: number;
      readonly messagesPerSecond: number;
      readonly idleSeconds: number;
    };
  };
  readonly certifier: {
    readonly origin: string;
    /** Where the log's key is; in `keys.json` when absent. */
    readonly pkcs11?: Pkcs11Key;
    /** Verifier key; absent where the log names none, or has named it. */
    readonly recoveryKey?: string;
    readonly sealEverySeconds: number;
    readonly witnesses: readonly { readonly url: string; readonly key: string }[];
  };
  readonly flows: {
    /** JSON lines of what passes between the platforms; nothing is written where absent. */
    readonly logFile?: string;
  };
  readonly tracing: {
    /** Of an OpenTelemetry collector; nothing is traced where absent. */
    readonly otlpUrl?: string;
    readonly headersFile?: string;
    readonly sampleRatio: number;
  };
  readonly webhooks: { readonly reach: WebhookReach };
  readonly identity: {
    /** Where people and programs reach the issuer, when that is not where it listens. */
    readonly publicUrl?: string;
    readonly personRetentionDays: number;
    /** Trusted beside the own one. */
    readonly issuers: readonly FederatedIssuer[];
  };
  readonly mirrors: readonly MirrorSetting[];
  readonly clients: readonly string[];
}

/** True when the access layer of this process runs the broker itself. */
export function hasOwnBroker({
  platforms = PLATFORMS,
  mqtt,
}: {
  readonly platforms?: readonly PlatformName[];
  readonly mqtt?: { readonly adminTokenFile?: string };
}): boolean {
  return platforms.includes('blockchain-access-layer') && mqtt?.adminTokenFile === undefined;
}

/** Parts of a configuration, as a file, the environment or flags give them. */
export type PartOf<Value> = Value extends readonly unknown[]
  ? Value
  : Value extends object
    ? { readonly [Member in keyof Value]?: PartOf<Value[Member]> }
    : Value;
export type PartialConfig = PartOf<Config>;

/** True when this process runs everything and needs nobody else. */
export function runsAll({ platforms }: Pick<Config, 'platforms'>): boolean {
  return PLATFORMS.every((name) => platforms.includes(name));
}
