/** What a configuration names beyond this machine: each engine, platform and certificate is looked at before anything runs. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { openPkcs11Signer } from '@flexledger/certifier';
import { connectChain } from '@flexledger/contracts';
import { BEFORE_FIRST, openLog } from '@flexledger/event-store';
import { describeKafka, topicsThere } from '@flexledger/kafka-publisher';
import { sha256 } from '@flexledger/identity';
import { verifierKeyText } from '@flexledger/merkle-log';
import { openServedViews } from '@flexledger/projections';
import { wallClock } from '@flexledger/runtime';
import type { Config } from '../config/config';
import { requireNamedFiles } from '../config/named-files';
import { type Check, check } from './doctor-check';

const ANSWER_WITHIN_MS = 5_000;
const DAY_MS = 86_400_000;
/** A certificate that ends sooner is a fault now: nobody looks again before. */
const LEAST_DAYS = 14;
/** Any key: the chain is only read. */
const READER_KEY = `0x${'1'.padStart(64, '0')}`;

/** A check an engine, an address, a certificate that the configuration names; none for what is embedded. */
export async function engineChecks(config: Config): Promise<Check[]> {
  const checks = [
    await check('configuration', 'correct the configuration', () => {
      requireNamedFiles(config);
      return 'every file that it names is there and can be used';
    }),
    ...(await Promise.all([
      ...certificates(config),
      ...logKey(config),
      ...engines(config),
      ...organisations(config),
    ])),
  ];
  return checks;
}

function* certificates(config: Config): Generator<Promise<Check>> {
  const { accessLayer, dso, http, log, mqtt, kafka, mirrors } = config;
  const files: (readonly [setting: string, file: string | undefined])[] = [
    ['http.tls', http.tls?.certificateFile],
    ['log.tls', log.tls?.certificateFile],
    ['mqtt.tls', mqtt.tls?.certificateFile],
    ['mqtt.caFile', mqtt.caFile],
    ['accessLayer.tcp.tls', accessLayer.tcp?.tls?.certificateFile],
    ['dso.tcp.tls', dso.tcp?.tls?.certificateFile],
    ['kafka.tls', kafka.tls?.certificateFile],
    ['kafka.caFile', kafka.caFile],
    ...mirrors.flatMap(({ name, kafka: topics }) => [
      [`kafka.tls of mirror ${name}`, topics?.tls?.certificateFile] as const,
      [`kafka.caFile of mirror ${name}`, topics?.caFile] as const,
    ]),
  ];
  for (const [setting, file] of files) {
    if (file === undefined) continue;
    yield check(setting, 'renew it; a running platform reads it again by itself', () => {
      const { validTo, validFrom, subject } = new X509Certificate(readFileSync(file));
      const [fromMs, toMs] = [Date.parse(validFrom), Date.parse(validTo)];
      const days = Math.floor((toMs - wallClock.nowMs()) / DAY_MS);
      const who = subject.split('\n').at(-1);
      if (fromMs > wallClock.nowMs())
        throw new Error(`${file} (${who}) holds from ${validFrom} on`);
      if (days < 0) throw new Error(`${file} (${who}) has ended on ${validTo}`);
      if (days < LEAST_DAYS)
        throw new Error(`${file} (${who}) ends in ${days} days, on ${validTo}`);
      return `${who}, for ${days} days`;
    });
  }
}

/** A key in a token is of use where the certifier runs. */
function* logKey({ platforms, certifier }: Config): Generator<Promise<Check>> {
  const { origin, pkcs11 } = certifier;
  if (!pkcs11 || !platforms.includes('certifier')) return;
  yield check('certifier.pkcs11', 'see docs/how-to/keys.md', async () => {
    const { key } = await openPkcs11Signer(origin, pkcs11);
    return `signs as ${verifierKeyText(sha256, key)}`;
  });
}

/** Every node that may be asked, and whether the later ones are of the chain of the first. */
function* chainNodes({ rpcUrl, fallbackRpcUrls }: Config['chain']): Generator<Promise<Check>> {
  if (rpcUrl === undefined) return;
  const reach = (url: string) =>
    connectChain({ rpcUrl: url, privateKey: READER_KEY, timeoutMs: ANSWER_WITHIN_MS });
  const remedy = 'look whether its node runs, and whether chain.rpcUrl is its RPC address';
  yield check('chain', remedy, async () => `answers as chain ${(await reach(rpcUrl)).chainId}`);
  for (const [index, url] of fallbackRpcUrls.entries()) {
    const setting = `chain.fallbackRpcUrls.${index}`;
    const ofNode = `look whether its node runs, and whether ${setting} is an address of the chain at chain.rpcUrl`;
    yield check(setting, ofNode, async () => {
      const [first, other] = [await reach(rpcUrl), await reach(url)];
      const isSame = first.chainId === other.chainId;
      if (isSame && (await first.genesisHash()) === (await other.genesisHash())) {
        return `answers as chain ${other.chainId}`;
      }
      throw new Error(`it is of another chain than the one at chain.rpcUrl: ${other.chainId}`);
    });
  }
}

function* engines(config: Config): Generator<Promise<Check>> {
  const { dataDir, log: place, views, kafka, chain, mqtt, platforms, identity } = config;
  if (place.url !== undefined) {
    yield check(
      'log',
      `look whether ${withoutUser(place.url)} runs and takes this user`,
      async () => {
        const log = await openLog({ dataDir, ...place }, { clock: wallClock });
        try {
          const head = await log.head();
          return head === BEFORE_FIRST
            ? 'answers, and holds no event yet'
            : `answers, up to ${head}`;
        } finally {
          await log.close();
        }
      },
    );
  }
  const { url } = views;
  if (url !== undefined) {
    yield check('views', `look whether ${withoutUser(url)} runs and takes this user`, async () => {
      await (await openServedViews(url, views.database)).close();
      return 'answers';
    });
  }
  if (kafka.brokers.length > 0) {
    const remedy = 'look whether it runs, and make what is missing by "flexledger kafka provision"';
    yield check('kafka', remedy, async () => {
      const { nodes, topics } = await describeKafka(kafka);
      if (topics === 0) throw new Error(`${nodes} nodes answer, and hold none of the topics`);
      return `${nodes} nodes answer, with ${topics} of the market's topics`;
    });
  }
  yield* chainNodes(chain);
  if (!platforms.includes('blockchain-access-layer') && mqtt.tokenFile !== undefined) {
    const remedy =
      'look whether the broker runs, and whether mqtt.host and mqtt.port are its address';
    yield check('broker', remedy, () => connected(mqtt.host, mqtt.port));
  }
  for (const { issuer } of identity.issuers) {
    const remedy = 'look whether it runs; tokens of its users are refused until then';
    yield check(`issuer ${issuer}`, remedy, async () => {
      const at = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
      const { issuer: said } = (await answerOf(at)) as { issuer?: unknown };
      if (said !== issuer) throw new Error(`it calls itself ${JSON.stringify(said)}`);
      return 'answers';
    });
  }
}

function* organisations({ mirrors, certifier }: Config): Generator<Promise<Check>> {
  for (const { name, url, kafka } of mirrors) {
    if (kafka) {
      const remedy = 'ask that organisation whether the topics are there, and are for this party';
      yield check(`topics of mirror ${name}`, remedy, async () => {
        const there = await topicsThere(kafka);
        return `${there.length} are there: ${there.join(', ')}`;
      });
    }
    const remedy = 'ask that organisation; what it says is followed once it answers';
    yield check(`mirror ${name}`, remedy, async () => {
      await answerOf(`${url.replace(/\/$/, '')}/health/live`);
      return `${url} answers`;
    });
  }
  for (const { url } of certifier.witnesses) {
    const { hostname, port, protocol } = new URL(url);
    const remedy = 'ask that witness; checkpoints are sealed without its cosignature until then';
    const at = port === '' ? { 'https:': 443, 'http:': 80 }[protocol] : Number(port);
    yield check(`witness ${url}`, remedy, () => connected(hostname, at!));
  }
}

async function answerOf(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }).catch(
    (error: Error & { cause?: { code?: string; message?: string } }) => {
      throw new Error(
        `${url} does not answer: ${error.cause?.code ?? error.cause?.message ?? error.message}`,
      );
    },
  );
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  return response.json();
}

function connected(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: ANSWER_WITHIN_MS });
    const fail = (reason: string): void => {
      socket.destroy();
      reject(new Error(`${host}:${port} does not answer: ${reason}`));
    };
    socket.once('connect', () => {
      socket.destroy();
      resolve(`${host}:${port} takes connections`);
    });
    socket.once('timeout', () => fail(`nothing within ${ANSWER_WITHIN_MS / 1_000} s`));
    socket.once('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
  });
}

const withoutUser = (url: string): string => url.replace(/\/\/[^@/]*@/, '//');
