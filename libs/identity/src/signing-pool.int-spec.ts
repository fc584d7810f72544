import { signMessageDeterministic } from './deterministic-signature';
import { createSigningPool } from './signing-pool';

// Goal: threads sign as the main thread does, and no request is left without an answer.

const privateKey = '03'.repeat(32);

describe.each([1, 2, 3])('a signing pool of %i workers', (workers) => {
  it('gives each request its own signature, the same as without a pool', async () => {
    const pool = createSigningPool({ workers });
    const messages = Array.from({ length: 50 }, (_, i) => `message ${i} à`);
    const signatures = await Promise.all(messages.map((text) => pool.sign(privateKey, text)));
    expect(signatures).toEqual(messages.map((text) => signMessageDeterministic(privateKey, text)));
    await pool.close();
  });
});

describe('a signing pool', () => {
  it('rejects a bad key alone, and serves the others of the same batch', async () => {
    const pool = createSigningPool({ workers: 1 });
    const bad = pool.sign('00'.repeat(32), 'm');
    const good = pool.sign(privateKey, 'm');
    await expect(bad).rejects.toThrow('A P-256 private key must be');
    expect(await good).toBe(signMessageDeterministic(privateKey, 'm'));
    await pool.close();
  });

  it('rejects what waits and what comes when it is closed', async () => {
    const pool = createSigningPool({ workers: 2 });
    const waiting = Array.from({ length: 5 }, () => pool.sign(privateKey, 'm'));
    const outcomes = Promise.allSettled(waiting);
    await pool.close();
    expect((await outcomes).map(({ status }) => status)).toEqual(Array(5).fill('rejected'));
    await expect(pool.sign(privateKey, 'm')).rejects.toThrow('closed');
  });

  it('needs a worker', () => {
    expect(() => createSigningPool({ workers: 0 })).toThrow('at least one worker');
  });
});
