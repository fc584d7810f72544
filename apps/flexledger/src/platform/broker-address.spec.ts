/** A Light Node is told an address that it can reach. */
import { hostname } from 'node:os';
import type { Config } from '../config/config';
import { loadConfig } from '../config/load-config';
import { publicBroker } from './broker-address';

const addressOf = (
  mqtt: Partial<Config['mqtt']>,
  identity: Partial<Config['identity']> = {},
): string => {
  const { host, port, tls } = publicBroker(loadConfig({ flags: { mqtt, identity } }), 1_883);
  return `${tls ? 'mqtts' : 'mqtt'}://${host}:${port}`;
};
const tls = { keyFile: 'k.pem', certificateFile: 'c.pem' };
const publicUrl = 'https://flexledger.example:8443';

it('is where the broker listens, by default', () => {
  expect(addressOf({})).toBe('mqtt://127.0.0.1:1883');
  expect(addressOf({ host: '10.0.0.7', tls }, { publicUrl })).toBe('mqtts://10.0.0.7:1883');
});

it.each(['0.0.0.0', '::', '[::]'])('is never the wildcard %s', (host) => {
  expect(addressOf({ host, tls }, { publicUrl })).toBe('mqtts://flexledger.example:1883');
  expect(addressOf({ host, tls })).toBe(`mqtts://${hostname()}:1883`);
});

it('is what the configuration says, whatever is listened at', () => {
  expect(addressOf({ host: '0.0.0.0', publicHost: 'mqtt.example', tls }, { publicUrl })).toBe(
    'mqtts://mqtt.example:1883',
  );
  expect(addressOf({ publicHost: 'mqtt.example', publicPort: 8_883 })).toBe(
    'mqtt://mqtt.example:8883',
  );
});
