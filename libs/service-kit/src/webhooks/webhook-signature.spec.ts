/** The signature is that of the specification's own example, and of every valid secret. */
import { newWebhookSecret, signedHeaders } from './webhook-signature';

it('signs the example of the Standard Webhooks libraries', () => {
  const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body: '{"test": 2432232314}' };
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  expect(signedHeaders(message, [secret], 1_614_265_330_999)).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

it('signs by each secret, the new one first', () => {
  const [one, two] = [newWebhookSecret(), newWebhookSecret()];
  expect(one).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const message = { id: 'a', body: '{}' };
  const of = (...secrets: string[]) => signedHeaders(message, secrets, 0)['webhook-signature'];
  expect(of(one, two)).toBe(`${of(one)} ${of(two)}`);
  expect(of(one)).not.toBe(of(two));
});
