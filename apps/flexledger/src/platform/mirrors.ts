/** The other organisations of a configuration: how each is followed, and as whom its platforms are called. */
import type { EventStore, Processor } from '@flexledger/event-store';
import { topicCarrier } from '@flexledger/kafka-publisher';
import { type Clock, wallClock } from '@flexledger/runtime';
import {
  type TokenOf,
  type TokenOfClient,
  clientIdOf,
  createMirror,
  tokenOfClient,
} from '@flexledger/service-kit';
import type { Config, MirrorSetting, PlatformName } from '../config/config';

/**
 * The processors that follow them, in real time.
 *
 * @param clock of the log: a simulated day's is not the machine's
 */
export function openMirrors(
  mirrors: Config['mirrors'],
  log: EventStore,
  clock: Clock,
  onProblem: (problem: string) => void,
): Processor[] {
  return mirrors.map((setting) => {
    const { name, url, party, kafka, platforms, certifierUrl = url } = setting;
    const keeps = {
      pods: platforms.includes('shared-customer-database'),
      grid: platforms.includes('dso-technical-platform'),
    };
    const carrier = kafka && topicCarrier(kafka, party, name);
    return createMirror({
      source: { name, url, party, certifierUrl, keeps, ...(carrier && { carrier }) },
      token: credentialsOf(setting),
      log,
      clock,
      onProblem,
    });
  });
}

/**
 * How an actor of this process gets tokens for a platform elsewhere: as the client of the organisation that
 * runs it, else by the key that an operator's processes share.
 *
 * @param own tokens within this organisation
 */
export function tokensFor(
  mirrors: Config['mirrors'],
  own: TokenOf,
): (platform: PlatformName, actor: string) => TokenOfClient {
  const clients = new Map<MirrorSetting, TokenOfClient>();
  return (platform, actor) => {
    const running = mirrors.filter(({ platforms }) => platforms.includes(platform));
    if (running.length === 0) return (isStale) => own(actor, isStale);
    const setting = running.find(({ party }) => party === actor);
    if (!setting) {
      const names = running.map(({ name, party }) => `${name} (as ${party})`).join(', ');
      return async () => {
        throw new Error(
          `Nobody speaks for ${actor} at the ${platform} of ${names}; give ${actor} a client there, and a ` +
            'process with a mirror of its own.',
        );
      };
    }
    const client = clients.get(setting) ?? credentialsOf(setting);
    clients.set(setting, client);
    return client;
  };
}

function credentialsOf(setting: MirrorSetting): TokenOfClient {
  const { name, url, party, secretFile } = setting;
  if (secretFile === undefined) {
    return async () => {
      throw new Error(`Mirror ${name} has no secretFile; name one in its configuration.`);
    };
  }
  const { clientId = clientIdOf(party), issuerUrl = url } = setting;
  return tokenOfClient({ issuerUrl, clientId, secretFile, clock: wallClock });
}
