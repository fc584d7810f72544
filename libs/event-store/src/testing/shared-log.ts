import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wallClock } from '@flexledger/runtime';
import type { SharedLogUnderTest } from '../command-handling.spec-suite';
import { type LogPlace, openLog } from '../open-log';
import type { EventStore } from '../port';
import { type RunningScript, compiledScript, startScript } from './child-script';

/** Compiles the script of the peers of shared logs; `remove` its folder in the end. */
export function counterPeer(): { readonly script: string; remove(): void } {
  const build = mkdtempSync(join(tmpdir(), 'event-store-build-'));
  const script = compiledScript('counter-peer', build);
  return { script, remove: () => rmSync(build, { recursive: true }) };
}

/** A log that several stores and processes have open, wherever it is kept. */
export function sharedLog(place: LogPlace, peerScript: string): SharedLogUnderTest {
  const stores: EventStore[] = [];
  const peers: RunningScript[] = [];
  const { dataDir, url, namespace } = place;
  return {
    async open() {
      const store = await openLog(place, { clock: wallClock });
      stores.push(store);
      return store;
    },
    async startPeer() {
      const address = [url, namespace].filter((part) => part !== undefined);
      const peer = startScript(peerScript, dataDir, ...address);
      peers.push(peer);
      await peer.printed(1);
      return peer;
    },
    async cleanup() {
      for (const store of stores) await store.close();
      for (const peer of peers) await peer.kill();
    },
  };
}
