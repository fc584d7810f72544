/** How many fronts are asked for at once. */
import { ServiceUnavailableException } from '@nestjs/common';
import type { MarketSessions } from '../sessions/market-sessions';
import { frontsOfSessions } from './front-of-session';

it('a few fronts wait for each other, and whoever asks for more is told to come again', async () => {
  let release = (): void => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const stateOf = async (): Promise<never> => {
    await held;
    throw new Error('there is no such session');
  };
  const frontOf = frontsOfSessions({ stateOf } as unknown as MarketSessions, () => {
    throw new Error('no rules are asked for');
  });
  const ask = () => frontOf('s', { seed: 1, objectives: ['cost'] });
  const waiting = Array.from({ length: 6 }, ask).map((one) => one.catch(String));
  await expect(ask()).rejects.toThrow(ServiceUnavailableException);
  release();
  expect(await Promise.all(waiting)).toEqual(Array(6).fill('Error: there is no such session'));
  await expect(ask()).rejects.toThrow('there is no such session');
});
