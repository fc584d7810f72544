import type { Principal } from '@flexledger/identity';
import { commandContext } from './command-context';

const speaker: Principal = {
  role: 'aggregator',
  partyId: 'AGG1',
  clientId: 'agg1-office',
  actor: 'aggregator:AGG1',
  scopes: ['offers:write'],
};
const offer = { offerId: 'o1' };
const idOf = (...given: Parameters<typeof commandContext>): string =>
  commandContext(...given).commandId;
const first = idOf(speaker, 's1', undefined, offer);

describe('the context of a command by HTTP', () => {
  it('names who speaks, and itself as its cause', () => {
    const { actor, causationId } = commandContext(speaker, 's1', 'k1', offer);
    expect(actor).toBe('aggregator:AGG1');
    expect(causationId).toBe(idOf(speaker, 's1', 'k1', offer));
  });

  it('is the same command when the same is asked again without a key', () => {
    expect(idOf(speaker, 's1', undefined, { ...offer })).toBe(first);
    expect(idOf(speaker, 's1', undefined, { offerId: 'o2' })).not.toBe(first);
  });

  it('may be meant again without a key, and is meant once under one', () => {
    expect(commandContext(speaker, 's1', undefined, offer).mayRecur).toBe(true);
    expect(commandContext(speaker, 's1', 'k1', offer).mayRecur).toBeUndefined();
  });

  it.each(['', 'k'.repeat(501)])('is refused under a key of no length or too much', (key) => {
    expect(() => commandContext(speaker, 's1', key, offer)).toThrow(
      /must have 1 to 500 characters/,
    );
  });

  it('has the same id under the same key, and tells what is asked', () => {
    const keyed = commandContext(speaker, 's1', 'k1', offer);
    const same = commandContext(speaker, 's1', 'k1', { ...offer });
    const other = commandContext(speaker, 's1', 'k1', { offerId: 'o2' });
    expect(same).toEqual(keyed);
    expect(other.commandId).toBe(keyed.commandId);
    expect(other.content).not.toBe(keyed.content);
    expect(idOf(speaker, 's1', 'k2', offer)).not.toBe(keyed.commandId);
  });

  it.each<[string, string]>([
    ['another client', idOf({ ...speaker, clientId: 'other' }, 's1', undefined, offer)],
    ['another subject', idOf(speaker, 's2', undefined, offer)],
    ['another path', idOf(speaker, 's1', undefined, offer, 'portfolio/s1')],
  ])('is another command from or at %s', (_, id) => {
    expect(id).not.toBe(first);
  });

  it('belongs together with all that is about the same, on whatever path', () => {
    const direct = commandContext(speaker, 's1', 'k1', offer);
    const portfolio = commandContext(speaker, 's1', 'k2', offer, 'portfolio/s1');
    expect(portfolio.correlationId).toBe(direct.correlationId);
    const other = commandContext(speaker, 's2', 'k1', offer);
    expect(other.correlationId).not.toBe(direct.correlationId);
  });
});
