/** The ids of a log's events, 16 bytes each whatever the log's length: of texts a set would take ten times as much. */
import { type Sha256, sha256Hex } from '@flexledger/domain';

/** Ids that were seen. */
export interface EventIds {
  /** @returns whether it is new */
  add(id: string): boolean;
}

const WORDS = 4;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * No ids. One that is a UUID is its own 16 bytes; any other is those of its SHA-256, so that two differing ids are
 * not taken for one by whoever can choose them.
 */
export function createEventIds(sha256: Sha256): EventIds {
  let slots = new Uint32Array(WORDS * 1_024);
  let used = new Uint8Array(1_024);
  let count = 0;

  /** @returns whether it was not there */
  function put(words: Uint32Array): boolean {
    const mask = used.length - 1;
    for (let slot = (words[0]! ^ words[3]!) & mask; ; slot = (slot + 1) & mask) {
      const at = slot * WORDS;
      if (used[slot] === 0) {
        slots.set(words, at);
        used[slot] = 1;
        return true;
      }
      if (words.every((word, index) => slots[at + index] === word)) return false;
    }
  }

  function grow(): void {
    const [before, wasUsed] = [slots, used];
    slots = new Uint32Array(2 * before.length);
    used = new Uint8Array(2 * wasUsed.length);
    for (let slot = 0; slot < wasUsed.length; slot += 1) {
      if (wasUsed[slot] === 1) put(before.subarray(slot * WORDS, (slot + 1) * WORDS));
    }
  }

  const words = new Uint32Array(WORDS);
  return {
    add(id) {
      const hex = UUID.test(id) ? id.replaceAll('-', '') : sha256Hex(sha256, `other id ${id}`);
      for (let word = 0; word < WORDS; word += 1) {
        words[word] = Number.parseInt(hex.slice(8 * word, 8 * word + 8), 16);
      }
      const isNew = put(words);
      if (isNew) count += 1;
      if (2 * count > used.length) grow();
      return isNew;
    },
  };
}
