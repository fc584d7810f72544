/** What may be sent where: nothing inside the operator's network by the word of a client. */
import { type WebhookReach, ipRefusal, urlRefusal } from './webhook-address';

it.each<[string, WebhookReach, boolean]>([
  ['https://agg1.example/events', 'public', true],
  ['https://agg1.example:8443/events?of=me', 'public', true],
  ['https://93.184.216.34/', 'public', true],
  ['https://[2606:2800:220:1::1]/', 'public', true],
  ['http://agg1.example/events', 'public', false],
  ['http://agg1.example/events', 'loopback', false],
  ['http://127.0.0.1:9000/', 'loopback', true],
  ['http://localhost:9000/', 'loopback', true],
  ['https://127.0.0.1/', 'public', false],
  ['https://127.0.0.1/', 'private', false],
  ['http://127.0.0.1/', 'private', false],
  ['https://localhost/', 'public', false],
  ['https://a.localhost./', 'public', false],
  ['https://[::1]/', 'private', false],
  ['https://10.1.2.3/', 'public', false],
  ['https://10.1.2.3/', 'private', true],
  ['https://192.168.0.1/', 'public', false],
  ['https://[fd00::1]/', 'public', false],
  // The same address in other words.
  ['https://2130706433/', 'public', false],
  ['https://0x7f.1/', 'public', false],
  ['https://[::ffff:127.0.0.1]/', 'loopback', false],
  ['https://[::ffff:a9fe:a9fe]/', 'loopback', false],
  ['https://[64:ff9b::a00:1]/', 'public', false],
  // Addresses of a cloud's metadata and of this network.
  ['https://169.254.169.254/latest', 'loopback', false],
  ['https://0.0.0.0/', 'loopback', false],
  ['https://[fe80::1]/', 'loopback', false],
  ['https://user:secret@agg1.example/', 'public', false],
  ['https://agg1.example/#part', 'public', false],
  ['ftp://agg1.example/', 'loopback', false],
  ['file:///etc/passwd', 'loopback', false],
  ['events', 'public', false],
  ['', 'public', false],
])('%s with reach %s: %s', (url, reach, allowed) => {
  expect(urlRefusal(url, reach) === undefined).toBe(allowed);
});

it('says how an operator opens what is closed', () => {
  expect(ipRefusal('10.0.0.1', 'public')).toBe(
    'is at 10.0.0.1, a private network; an operator can open it with webhooks.reach "private"',
  );
});
