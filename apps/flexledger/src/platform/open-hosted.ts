/** The platforms of one process, each with the ports of those before it or, of other processes, over HTTP. */
import {
  AGGREGATOR_POLICY,
  type OpenedAggregatorPlatform,
  openAggregatorPlatform,
} from '@flexledger/aggregator-platform';
import type { OpenedBlockchainAccessLayer } from '@flexledger/blockchain-access-layer';
import type { OpenedCertifier } from '@flexledger/certifier';
import {
  DSO_POLICY,
  type OpenedDso,
  openDsoTechnicalPlatform,
} from '@flexledger/dso-technical-platform';
import {
  IDENTITY_POLICY,
  type OpenedIdentityProvider,
  openIdentityProvider,
} from '@flexledger/identity-provider';
import {
  type MarketPlatform,
  agreementLedger,
  MARKET_POLICY,
  openMarketPlatform,
  tokenLedger,
} from '@flexledger/market-platform';
import { wallClock } from '@flexledger/runtime';
import {
  type OpenedPlatform,
  openTokenKey,
  readCertificate,
  AUDIENCE,
} from '@flexledger/service-kit';
import {
  type OpenedSharedCustomerDatabase,
  SHARED_CUSTOMER_DATABASE_POLICY,
  openSharedCustomerDatabase,
} from '@flexledger/shared-customer-database';
import { solverApart } from '@flexledger/solver-thread';
import { TSO_POLICY, openTsoSimulator } from '@flexledger/tso-simulator';
import type { PlatformName } from '../config/config';
import { credentialsFile, phasorsFile } from './data-folder';
import { rowSaltKey } from './keys';
import { tokensFor } from './mirrors';
import { readTsoKnowledge } from './market-knowledge';
import { brokerAccess, openAccess, sourceAccounts } from './open-access';
import type { Base, Closers, PlatformOptions } from './open-base';
import { openCertification } from './open-certification';
import { portsFor } from './platform-ports';

/** The platforms that run in this process. */
export interface HostedPlatforms {
  readonly customers?: OpenedSharedCustomerDatabase;
  readonly accessLayer?: OpenedBlockchainAccessLayer;
  readonly dso?: OpenedDso;
  readonly market?: MarketPlatform;
  readonly tso?: OpenedPlatform;
  readonly aggregators?: OpenedAggregatorPlatform;
  readonly certifier?: OpenedCertifier;
  readonly identity?: OpenedIdentityProvider;
}

/** Opens the platforms one after another, each with the ports of those before it or over HTTP. */
export async function openHosted(
  options: PlatformOptions,
  base: Base,
  closers: Closers,
): Promise<HostedPlatforms> {
  const { config, clock, timers, rules, tokenOf, onProblem } = options;
  const { dataDir, addresses } = config;
  const { store: log, views, chain } = base;
  const runs = (name: PlatformName): boolean => config.platforms.includes(name);
  const { timeZone } = rules.rulePack;
  const hosted: { -readonly [Name in keyof HostedPlatforms]: HostedPlatforms[Name] } = {};
  const tokenFor = tokensFor(config.mirrors, tokenOf);
  const portsOf = (actor: string) => portsFor(actor, hosted, addresses, tokenFor);
  const opened = <Opened extends { close(): Promise<void> }>(platform: Opened): Opened => {
    closers.push(() => platform.close());
    return platform;
  };
  const common = { log, views, clock, timers, onProblem };
  // A simulated day waits for each answer anyway.
  const solving = options.mode === 'follow' ? { loadSolver: solverApart() } : {};

  if (runs('shared-customer-database')) {
    const policy = { ...SHARED_CUSTOMER_DATABASE_POLICY, timeZone };
    // A simulated day's packages are asked for: it ends before anybody could be told.
    const sending = options.mode === 'follow' ? { timers } : {};
    const customers = { log, views, clock, policy, ...sending };
    hosted.customers = opened(await openSharedCustomerDatabase(customers));
  }
  if (runs('blockchain-access-layer')) {
    hosted.accessLayer = await openAccess(options, base, closers);
  }
  if (runs('market-platform')) {
    const { register, measurements } = portsOf('platform:market');
    const { tokenContract, agreementContract, former, sending } = chain!;
    hosted.market = opened(
      await openMarketPlatform({
        ...common,
        ...solving,
        rules,
        saltKey: rowSaltKey(base.keys),
        ports: {
          register,
          measurements,
          tokens: tokenLedger(tokenContract, sending, former.tokenContracts),
          agreementLedger: agreementLedger(agreementContract, sending, former.agreementContracts),
        },
        policy: { ...MARKET_POLICY, objectives: config.market.objectives },
      }),
    );
  }
  if (runs('dso-technical-platform')) {
    const { forecastMinutes, reviewMinutes, feeds, tcp } = config.dso;
    hosted.dso = opened(
      await openDsoTechnicalPlatform({
        ...common,
        ...solving,
        broker: brokerAccess(options, base),
        ports: portsOf('dso'),
        rules: rules.rulePack,
        grid: options.grid,
        policy: { ...DSO_POLICY, forecastMinutes, reviewMinutes },
        ...(feeds.length > 0 && {
          feeds: { taken: feeds, phasorsFile: phasorsFile(dataDir) },
        }),
        ...(tcp && {
          tcp: {
            host: tcp.host,
            port: tcp.port,
            ...(tcp.tls && { tls: readCertificate(tcp.tls) }),
            sources: sourceAccounts(config, base.keys),
          },
        }),
      }),
    );
    if (options.mode === 'drain') await hosted.dso.carrying.ready;
  }
  if (runs('tso-simulator')) {
    const known = readTsoKnowledge(dataDir);
    const { seed, needs } = known ? { seed: known.seed, needs: known.tso } : TSO_POLICY;
    hosted.tso = opened(
      await openTsoSimulator({
        ...common,
        ports: portsOf('tso'),
        policy: { seed, needs, delayMinutes: config.tso.requestMinutes },
      }),
    );
  }
  if (runs('aggregator-platform')) {
    const { aggregators: aggregatorIds } = config.mqtt;
    hosted.aggregators = opened(
      await openAggregatorPlatform({
        ...common,
        portsOf: (aggregatorId) => portsOf(`aggregator:${aggregatorId}`),
        rules: rules.rulePack,
        tokenKey: () => openTokenKey(dataDir),
        ...(aggregatorIds.length > 0 && {
          seriesBroker: { ...brokerAccess(options, base), aggregatorIds },
        }),
        policy: { ...AGGREGATOR_POLICY, ...config.aggregator },
      }),
    );
  }
  if (runs('certifier')) hosted.certifier = opened(await openCertification(options, base));
  if (runs('identity-provider')) {
    hosted.identity = opened(
      await openIdentityProvider({
        ...common,
        machineClock: wallClock,
        dataDir,
        credentialsFile: credentialsFile(dataDir),
        tokenKey: () => openTokenKey(dataDir),
        audience: AUDIENCE,
        policy: { ...IDENTITY_POLICY, personRetentionDays: config.identity.personRetentionDays },
      }),
    );
  }
  return hosted;
}
