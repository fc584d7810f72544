/** The platform's keys: one set for all processes, and a damaged file is told by its name. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { brokerToken, openKeys, openServedKeys, rowSaltKey } from './keys';

let dataDir: string;
beforeEach(() => (dataDir = mkdtempSync(path.join(tmpdir(), 'keys-'))));
afterEach(() => rmSync(dataDir, { recursive: true }));

describe('the keys of a data folder', () => {
  it('are made once', () => {
    const keys = openKeys(dataDir, undefined);
    expect(openKeys(dataDir, undefined)).toEqual(keys);
    expect(new Set(Object.values(keys)).size).toBe(3);
  });

  it('of a simulated day that is served follow from no seed, and hand over from those that did', () => {
    const ofSeed = openKeys(dataDir, 7);
    const served = openServedKeys(dataDir, 7);
    expect(served.chainKey).toBe(ofSeed.chainKey);
    expect(served.checkpointKeyBefore).toBe(ofSeed.checkpointKey);
    const other = new Set([...Object.values(ofSeed), served.checkpointKey, served.brokerSecret]);
    expect(other.size).toBe(5);
    expect(openServedKeys(dataDir, 7)).toEqual(served);
  });

  it('of a folder that nobody simulated are served as they are', () => {
    const keys = openKeys(dataDir, undefined);
    expect(openServedKeys(dataDir, undefined)).toEqual(keys);
    expect(openServedKeys(dataDir, 7)).toEqual(keys);
  });

  it.each([
    ['is cut off', '{"chainKey":"00'],
    ['is no object', 'null'],
    ['lacks a key', '{}'],
  ])('are told by the file and the remedy when it %s', (_, text) => {
    const file = path.join(dataDir, 'keys.json');
    writeFileSync(file, text);
    const opening = (): object => openKeys(dataDir, undefined);
    expect(opening).toThrow(file);
    expect(opening).toThrow('restore the file from a backup');
  });
});

it('no name of an MQTT client leads to the salts of settled rows', () => {
  const keys = { chainKey: '', checkpointKey: '', brokerSecret: '5e'.repeat(32) };
  const names = ['settlement/salts', 'flexledger/settlement/salts', '/settlement/salts', ''];
  for (const name of names) expect(rowSaltKey(keys)).not.toBe(brokerToken(keys, name));
  expect(rowSaltKey(keys)).toMatch(/^[0-9a-f]{64}$/);
  expect(rowSaltKey({ ...keys, brokerSecret: 'e5'.repeat(32) })).not.toBe(rowSaltKey(keys));
});
