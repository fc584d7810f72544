/**
 * Keccak-256 of many short messages, for trees of a million leaves: the sponge of FIPS 202 with the
 * padding of the original submission (0x01), one block a message, state and output in place. A library
 * gives the same hash and makes several objects for each; a test compares the two.
 */

/** Bytes absorbed at once (rate of Keccak-256). */
const RATE = 136;
/** Longest message of one block, its padding included. */
const LONGEST = RATE - 1;
const ROUNDS = 24;

/** Round constants as low and high half (FIPS 202, 3.2.5), from the LFSR x^8 + x^6 + x^5 + x^4 + 1. */
const IOTA = new Int32Array(2 * ROUNDS);
/** The walk of rho and pi: index of the lane's low half, and by how many bits what comes there is turned. */
const PLACE = new Uint8Array(ROUNDS);
const TURN = new Uint8Array(ROUNDS);
for (let round = 0, x = 1, y = 0, lfsr = 1; round < ROUNDS; round += 1) {
  [x, y] = [y, (2 * x + 3 * y) % 5];
  PLACE[round] = 2 * (5 * y + x);
  TURN[round] = (((round + 1) * (round + 2)) / 2) % 64;
  for (let bit = 0; bit < 7; bit += 1) {
    if (lfsr & 1) {
      const at = (1 << bit) - 1;
      IOTA[2 * round + (at >> 5)]! ^= 1 << (at & 31);
    }
    lfsr = lfsr & 0x80 ? (lfsr << 1) ^ 0x171 : lfsr << 1;
  }
}

/** 25 lanes as low and high half, that is, the bytes of the state in order. */
const state = new Int32Array(50);
const bytes = new Uint8Array(state.buffer);
const parity = new Int32Array(10);

/**
 * Hashes `length` bytes of `input` from `from` on into 32 bytes of `output` at `to`; both may be the
 * same.
 *
 * @throws RangeError when the message does not fit one block of 135 bytes
 */
export function keccak256Into(
  output: Uint8Array,
  to: number,
  input: Uint8Array,
  from: number,
  length: number,
): void {
  if (length > LONGEST) throw new RangeError(`${length} bytes do not fit one block of ${LONGEST}`);
  state.fill(0);
  for (let index = 0; index < length; index += 1) bytes[index] = input[from + index]!;
  bytes[length]! ^= 0x01;
  bytes[RATE - 1]! ^= 0x80;
  for (let round = 0; round < ROUNDS; round += 1) {
    theta();
    rhoAndPi();
    chi();
    state[0]! ^= IOTA[2 * round]!;
    state[1]! ^= IOTA[2 * round + 1]!;
  }
  for (let index = 0; index < 32; index += 1) output[to + index] = bytes[index]!;
}

function theta(): void {
  for (let x = 0; x < 10; x += 1) {
    parity[x] = state[x]! ^ state[x + 10]! ^ state[x + 20]! ^ state[x + 30]! ^ state[x + 40]!;
  }
  for (let x = 0; x < 10; x += 2) {
    const left = x === 0 ? 8 : x - 2;
    const right = x === 8 ? 0 : x + 2;
    const low = parity[right]!;
    const high = parity[right + 1]!;
    const dLow = parity[left]! ^ ((low << 1) | (high >>> 31));
    const dHigh = parity[left + 1]! ^ ((high << 1) | (low >>> 31));
    for (let lane = x; lane < 50; lane += 10) {
      state[lane]! ^= dLow;
      state[lane + 1]! ^= dHigh;
    }
  }
}

function rhoAndPi(): void {
  let low = state[2]!;
  let high = state[3]!;
  for (let step = 0; step < ROUNDS; step += 1) {
    const at = PLACE[step]!;
    const turn = TURN[step]!;
    const nextLow = state[at]!;
    const nextHigh = state[at + 1]!;
    // No lane of the walk is turned by 0 or 32, so that both shifts are from 1 to 31.
    if (turn < 32) {
      state[at] = (low << turn) | (high >>> (32 - turn));
      state[at + 1] = (high << turn) | (low >>> (32 - turn));
    } else {
      state[at] = (high << (turn - 32)) | (low >>> (64 - turn));
      state[at + 1] = (low << (turn - 32)) | (high >>> (64 - turn));
    }
    low = nextLow;
    high = nextHigh;
  }
}

/** Low halves of a row, then its high halves: each lane with those one and two further on. */
function chi(): void {
  for (let y = 0; y < 50; y += 10) {
    for (let at = y; at < y + 2; at += 1) {
      const lane0 = state[at]!;
      const lane1 = state[at + 2]!;
      const lane2 = state[at + 4]!;
      const lane3 = state[at + 6]!;
      const lane4 = state[at + 8]!;
      state[at] = lane0 ^ (~lane1 & lane2);
      state[at + 2] = lane1 ^ (~lane2 & lane3);
      state[at + 4] = lane2 ^ (~lane3 & lane4);
      state[at + 6] = lane3 ^ (~lane4 & lane0);
      state[at + 8] = lane4 ^ (~lane0 & lane1);
    }
  }
}
