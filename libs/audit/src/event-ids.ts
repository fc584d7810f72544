/** The ids of a log's events, 16 bytes each whatever the log's length: of texts a set would take ten times as much. */
import { type Sha256, sha256Hex } from '@flexledger/domain';

/** Ids that were seen. */
export interface EventIds {
  /** @returns whether it is new */
  add(id: string): boolean;
}

const WORDS = 4;
const HYPHEN = 0x2d;
const DIGIT_0 = 0x30;
const LETTER_A = 0x61;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Hex digits as numbers of 32 bits, as many as there is room for; what stands between them is passed over. */
function readHex(text: string, words: Uint32Array): void {
  let digits = 0;
  for (let at = 0; digits < 8 * words.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === HYPHEN) continue;
    const word = digits >>> 3;
    words[word] = (words[word]! << 4) | (code < LETTER_A ? code - DIGIT_0 : code - LETTER_A + 10);
    digits += 1;
  }
}

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
      if (
        slots[at] === words[0] &&
        slots[at + 1] === words[1] &&
        slots[at + 2] === words[2] &&
        slots[at + 3] === words[3]
      ) {
        return false;
      }
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
      readHex(UUID.test(id) ? id : sha256Hex(sha256, `other id ${id}`), words);
      const isNew = put(words);
      if (isNew) count += 1;
      if (2 * count > used.length) grow();
      return isNew;
    },
  };
}
