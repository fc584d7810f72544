/**
 * Where webhooks may be sent: whoever may subscribe one makes this server send requests, so addresses
 * inside the operator's network are closed unless the configuration opens them. Names are judged by
 * what they resolve to when the connection is made, so that a name cannot change its mind in between.
 */
import { BlockList, isIP, isIPv6 } from 'node:net';

/**
 * `public`: https to public addresses. `private`: https into private networks too. `loopback`: http and
 * https to this machine too.
 */
export type WebhookReach = 'public' | 'private' | 'loopback';

const isLoopback = within(['127.0.0.0/8'], ['::1/128']);
const isPrivate = within(
  ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'],
  ['fc00::/7'],
);
/** This network, link-local (cloud metadata), protocol and test ranges, multicast, reserved; ways around. */
const isNever = within(
  ['0.0.0.0/8', '169.254.0.0/16', '192.0.0.0/24', '198.18.0.0/15', '224.0.0.0/4', '240.0.0.0/4'],
  ['::/128', '::ffff:0:0/96', '64:ff9b::/96', '2002::/16', 'fe80::/10', 'ff00::/8'],
);

/** Why nothing is sent to an address as it is written; undefined where it may be. */
export function urlRefusal(text: string, reach: WebhookReach): string | undefined {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return 'is no address like https://host/path';
  }
  if (url.username !== '' || url.password !== '') {
    return 'holds a user name or password, which would stand in the log; what is sent is signed instead';
  }
  if (url.hash !== '') return 'has a fragment, which is never sent';
  const host = hostOf(url);
  const isThisMachine = /(^|\.)localhost\.?$/i.test(host) || (isIP(host) > 0 && isLoopback(host));
  if (url.protocol === 'http:' ? !(isThisMachine && reach === 'loopback') : !isHttps(url)) {
    return 'must begin with https://';
  }
  if (isIP(host) > 0) return ipRefusal(host, reach);
  if (isThisMachine && reach !== 'loopback') return ipRefusal('127.0.0.1', reach);
  return undefined;
}

/** Why nothing is sent to an IP address; undefined where it may be. */
export function ipRefusal(ip: string, reach: WebhookReach): string | undefined {
  if (isNever(ip)) return `is at ${ip}, where nothing is ever sent`;
  if (isLoopback(ip)) {
    return reach === 'loopback' ? undefined : `is at ${ip}, this machine${openBy('loopback')}`;
  }
  if (isPrivate(ip)) {
    return reach === 'public' ? `is at ${ip}, a private network${openBy('private')}` : undefined;
  }
  return undefined;
}

/** Host of an address; IPv6 without its brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

function openBy(reach: WebhookReach): string {
  return `; an operator can open it with webhooks.reach "${reach}"`;
}

function isHttps({ protocol }: URL): boolean {
  return protocol === 'https:';
}

/** Whether an address lies in one of the networks; IPv4 ones do not catch IPv6 and the other way round. */
function within(v4: readonly string[], v6: readonly string[]): (ip: string) => boolean {
  const [lists4, lists6] = [blockList(v4, 'ipv4'), blockList(v6, 'ipv6')];
  return (ip) => (isIPv6(ip) ? lists6.check(ip, 'ipv6') : lists4.check(ip, 'ipv4'));
}

function blockList(subnets: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [address, prefix] = subnet.split('/') as [string, string];
    list.addSubnet(address, Number(prefix), family);
  }
  return list;
}
