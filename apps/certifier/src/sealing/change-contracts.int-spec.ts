/** Other contracts in the place of a log's: made whole, also where it is cut off anywhere and repeated. */
import type { CertificationEvent } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import { sha256, verifyEd25519 } from '@flexledger/identity';
import { verifyContractsChange } from '@flexledger/merkle-log';
import type { Anchors } from '../anchoring/anchors';
import {
  type CertifierTrial,
  type TrialChain,
  ORIGIN,
  PUBLIC_KEY,
  SEAL_EVERY_SECONDS,
  openCertifierTrial,
  trialChain,
  trialSigner,
} from '../testing/certifier-trial';
import type { Certifier } from './sealing';
import {
  type ChangeContractsOptions,
  ContractsNotChanged,
  changeContracts,
} from './change-contracts';

const REASON = 'contracts of another release';
const FORMER = {
  chainId: 31_337,
  anchorContract: '0x1',
  tokenContract: '0x2',
  agreementContract: '0x3',
};

let trial: CertifierTrial;
/** Of the n-th contracts that were deployed, by their address. */
let deployed: Map<string, TrialChain>;
beforeEach(async () => {
  trial = await openCertifierTrial('dense');
  deployed = new Map();
  const { certifier } = await trial.openOne();
  await certifier.start();
  await trial.happen(3);
  await certifier.seal();
  await trial.happen(2);
});
afterEach(() => trial.close());

/** Told of each step by which something outside is changed, before it and after it. */
type Step = () => void;

function optionsFor(step: Step = () => {}, reason = REASON): ChangeContractsOptions {
  const during = async <Answer>(act: () => Promise<Answer>): Promise<Answer> => {
    step();
    const answer = await act();
    step();
    return answer;
  };
  const log: EventStore = Object.assign(Object.create(trial.log) as EventStore, {
    append: (...args: Parameters<EventStore['append']>) => during(() => trial.log.append(...args)),
  });
  const anchorsOf = (chain: TrialChain): Anchors => ({
    anchor: (...args) => during(() => chain.anchor(...args)),
    standingSize: () => chain.standingSize(),
  });
  const contractsNamed = async () => {
    let chain = FORMER;
    for (const { type, data } of await trial.events()) {
      if (type === 'CertifierStarted') chain = namesIn(data as typeof FORMER);
    }
    const anchors = anchorsOf(deployed.get(chain.anchorContract) ?? trial.chain);
    return { chain, anchors };
  };
  return {
    log,
    clock: trial.clock,
    timers: trial.clock,
    origin: ORIGIN,
    signer: trialSigner('certifier'),
    folder: ':memory:',
    policy: { sealEverySeconds: SEAL_EVERY_SECONDS, witnesses: [] },
    onProblem: () => {},
    reason,
    current: { chain: FORMER, anchors: anchorsOf(trial.chain) },
    deploy: () =>
      during(async () => {
        const address = `0xa${deployed.size}`;
        deployed.set(address, trialChain());
        return {
          anchorContract: { address, codeHash: '0xca' },
          tokenContract: { address: `0xb${deployed.size}`, codeHash: '0xcb' },
          agreementContract: { address: `0xc${deployed.size}`, codeHash: '0xcc' },
          admin: '0xad',
        };
      }),
    close: () => during(async () => void (trial.chain.isClosed = true)),
    reopen: () => during(async () => void (trial.chain.isClosed = false)),
    requireRecorded: async () => {},
    follow: contractsNamed,
  };
}

const namesIn = ({ chainId, anchorContract, tokenContract, agreementContract }: typeof FORMER) => ({
  chainId,
  anchorContract,
  tokenContract,
  agreementContract,
});

/** As the command has it: with the contracts that the log names now. */
async function change(step?: Step, reason?: string) {
  const options = optionsFor(step, reason);
  return changeContracts({ ...options, current: await options.follow() });
}

const certified = async (): Promise<CertificationEvent[]> =>
  (await trial.events())
    .filter(({ streamId }) => streamId === 'certification')
    .map((event) => event as unknown as CertificationEvent);
const ofType = async <Type extends CertificationEvent['type']>(type: Type) =>
  (await certified()).filter((event) => event.type === type) as Extract<
    CertificationEvent,
    { type: Type }
  >[];

/** One change, from the last anchor before, signed, sealed, and anchored where the log goes on. */
async function expectWhole(): Promise<void> {
  const changes = await ofType('ContractsChanged');
  expect(changes).toHaveLength(1);
  const { statement, ...said } = changes[0]!.data;
  const log = { origin: ORIGIN, key: { name: ORIGIN, publicKey: PUBLIC_KEY } };
  expect(() => verifyContractsChange(sha256, statement, said, log, verifyEd25519)).not.toThrow();
  const { size, root } = said.lastAnchor;
  expect(trial.chain.anchored.at(-1)).toEqual({ size, rootHex: root });
  const next = deployed.get(said.next.anchorContract.address)!;
  const place = (await trial.events()).findIndex(({ type }) => type === 'ContractsChanged');
  expect(next.anchored[0]!.size).toBeGreaterThan(place);
  const sealed = await ofType('CheckpointSealed');
  expect(next.anchored.at(-1)!.size).toBe(sealed.at(-1)!.data.size);
  expect(await ofType('AnchorLost')).toEqual([]);
  expect((await ofType('CertifierStarted')).at(-1)!.data).toMatchObject({
    anchorContract: said.next.anchorContract.address,
    tokenContract: said.next.tokenContract.address,
    agreementContract: said.next.agreementContract.address,
  });
}

it('what was recorded is anchored before, the statement behind it, and the log goes on', async () => {
  const before = (await trial.events()).length;
  const { lastAnchor } = await change();
  expect(lastAnchor.size).toBeGreaterThanOrEqual(before);
  await expectWhole();
});

it('where the key does not sign the statement the contracts until now stay open', async () => {
  const options = optionsFor();
  const { key, sign } = trialSigner('certifier');
  const signer = {
    key,
    sign: (message: Uint8Array) => {
      if (trial.chain.isClosed) throw new Error('the token is gone');
      return sign(message);
    },
  };
  await expect(changeContracts({ ...options, signer })).rejects.toThrow('the token is gone');
  expect(trial.chain.isClosed).toBe(false);
  await change();
  await expectWhole();
});

it('the same again changes nothing; for another reason it is another change', async () => {
  const first = await change();
  const count = (await trial.events()).length;
  expect(await change()).toEqual(first);
  expect((await trial.events()).length).toBe(count);
  await change(undefined, 'another release again');
  expect(await ofType('ContractsChanged')).toHaveLength(2);
});

it('cut off anywhere and repeated it comes to the same', async () => {
  let steps = 0;
  await change(() => void (steps += 1));
  expect(steps).toBeGreaterThan(10);
  for (let last = 1; last <= steps; last += 1) {
    await trial.close();
    trial = await openCertifierTrial('dense');
    deployed = new Map();
    const { certifier } = await trial.openOne();
    await certifier.start();
    await trial.happen(3);
    await certifier.seal();
    await trial.happen(2);
    let step = 0;
    const killed = change(() => {
      step += 1;
      if (step >= last) throw new Error('killed');
    });
    // What ends behind the last anchor has done all.
    await killed.catch(() => undefined);
    await change();
    await expectWhole();
  }
});

describe('a certifier of another machine that anchors in the contracts before meanwhile', () => {
  /** What a step of the change is disturbed by, in its place among the steps; once. */
  const disturbedAt = async (place: number, act: () => Promise<void>): Promise<void> => {
    let step = 0;
    let isDone = false;
    const options = optionsFor();
    const disturb = async (): Promise<void> => {
      step += 1;
      if (step !== place) return;
      isDone = true;
      await act();
    };
    const { close, deploy } = options;
    const log: EventStore = Object.assign(Object.create(trial.log) as EventStore, {
      append: async (...args: Parameters<EventStore['append']>) => {
        await disturb();
        return trial.log.append(...args);
      },
    });
    const standingSize = async (): Promise<number> => {
      await disturb();
      return trial.chain.standingSize();
    };
    const anchor: Anchors['anchor'] = async (...args) => {
      await disturb();
      return trial.chain.anchor(...args);
    };
    await changeContracts({
      ...options,
      log,
      current: { ...options.current, anchors: { anchor, standingSize } },
      deploy: async () => {
        await disturb();
        return deploy();
      },
      close: async () => {
        await disturb();
        await close();
        await disturb();
      },
    });
    if (!isDone) throw new Past();
  };
  class Past extends Error {}

  async function atEachStep(act: (other: Certifier) => Promise<void>): Promise<number> {
    for (let place = 1; ; place += 1) {
      await trial.close();
      trial = await openCertifierTrial('dense');
      deployed = new Map();
      const { certifier } = await trial.openOne();
      await certifier.start();
      await trial.happen(3);
      await certifier.seal();
      try {
        await disturbedAt(place, () => act(certifier));
      } catch (error) {
        if (error instanceof Past) return place - 1;
        throw error;
      }
      await expectWhole();
    }
  }

  it('anchors nothing that the statement does not name, whenever that is', async () => {
    const steps = await atEachStep(async (other) => {
      await trial.happen(1);
      await other.seal().catch(() => undefined);
    });
    expect(steps).toBeGreaterThan(8);
  });

  it('nor where it ends before it has recorded that', async () => {
    const steps = await atEachStep(async () => {
      // What it sealed and the log has not anchored yet.
      const { size, root } = (await trial.sealed()).at(-1)!;
      await trial.chain.anchor(size, root).catch(() => undefined);
    });
    expect(steps).toBeGreaterThan(8);
  });
});

it('a checkpoint of the log before the change, which another certifier records behind it, does not stand for it', async () => {
  const options = optionsFor();
  let reached = (): void => {};
  const isMade = new Promise<void>((resolve) => (reached = resolve));
  let release = (): void => {};
  const isChanged = new Promise<void>((resolve) => (release = resolve));
  const slow: EventStore = Object.assign(Object.create(trial.log) as EventStore, {
    append: async (...args: Parameters<EventStore['append']>) => {
      if (args[2][0]!.type !== 'CheckpointSealed') return trial.log.append(...args);
      reached();
      await isChanged;
      return trial.log.append(...args);
    },
  });
  const { certifier: other } = await trial.openOne(slow);
  let sealing: Promise<void> | undefined;
  const log: EventStore = Object.assign(Object.create(trial.log) as EventStore, {
    append: async (...args: Parameters<EventStore['append']>) => {
      const appended = await trial.log.append(...args);
      if (args[2][0]!.type !== 'ContractsChanged') return appended;
      release();
      await sealing;
      return appended;
    },
  });
  await changeContracts({
    ...options,
    log,
    deploy: async () => {
      await trial.happen(1);
      sealing = other.seal().catch(() => undefined);
      await isMade;
      return options.deploy();
    },
  });
  const events = await trial.events();
  const place = events.findIndex(({ type }) => type === 'ContractsChanged');
  const sealed = (await trial.sealed()).map(({ size }) => size);
  // The other one's was recorded, and another was made of the whole log.
  expect(events.slice(place).filter(({ type }) => type === 'CheckpointSealed')).toHaveLength(2);
  expect(sealed.at(-2)!).toBeLessThanOrEqual(place);
  expect(sealed.at(-1)!).toBeGreaterThan(place);
  expect(deployed.get('0xa0')!.anchored.at(-1)!.size).toBe(sealed.at(-1));
});

it('refused where somebody can anchor all the same, and the work is given back', async () => {
  const options = {
    ...optionsFor(),
    close: () => Promise.reject(new ContractsNotChanged('another admin')),
  };
  await expect(changeContracts(options)).rejects.toThrow('another admin');
  expect(await ofType('ContractsChanged')).toEqual([]);
  expect(trial.chain.isClosed).toBe(false);
});

it('a certifier with the contracts before does not go on', async () => {
  await change();
  await expect(trial.openOne()).rejects.toMatchObject({ code: 'another-certifier' });
});

it('one that still runs with the contracts before anchors nothing more', async () => {
  const { certifier } = await trial.openOne();
  await change();
  const { length } = trial.chain.anchored;
  await trial.happen(2);
  await expect(certifier.seal()).rejects.toMatchObject({ code: 'another-certifier' });
  expect(trial.chain.anchored).toHaveLength(length);
});

it('what the former contracts hold is never said to be lost', async () => {
  await change();
  const current = await optionsFor().follow();
  await trial.happen(2);
  for (let sealing = 0; sealing < 3; sealing += 1) {
    await changeContracts({ ...optionsFor(), current });
    await trial.happen(1);
  }
  expect(await ofType('AnchorLost')).toEqual([]);
});

it.each([
  ['', /^The reason is empty/],
  ['two\nlines', /^The reason is more than one line/],
])('refused without a reason: %j', async (reason, message) => {
  await expect(change(undefined, reason)).rejects.toThrow(message);
});

it('refused where the contract holds an anchor that the log does not know', async () => {
  trial.chain.anchored.push({ size: 1_000, rootHex: '' });
  const refused = change();
  await expect(refused).rejects.toThrow(ContractsNotChanged);
  await expect(refused).rejects.toThrow(/holds a last anchor of 1000 leaves, the log says/);
  expect(await ofType('ContractsChanged')).toEqual([]);
});

it('refused by what the platform finds unrecorded, before anything is deployed', async () => {
  const options = {
    ...optionsFor(),
    requireRecorded: () => Promise.reject(new ContractsNotChanged('an award waits')),
  };
  await expect(changeContracts(options)).rejects.toThrow('an award waits');
  expect(deployed.size).toBe(0);
});

it('refused by what has reached the contracts until now while others were deployed', async () => {
  const options = {
    ...optionsFor(),
    requireRecorded: () =>
      deployed.size === 0
        ? Promise.resolve()
        : Promise.reject(new ContractsNotChanged('an award waits')),
  };
  await expect(changeContracts(options)).rejects.toThrow('an award waits');
  expect(await ofType('ContractsChanged')).toEqual([]);
  await change();
  await expectWhole();
});

it('goes on from the anchor that stands where a later one was lost and none can be made', async () => {
  await trial.happen(1);
  const { certifier } = await trial.openOne();
  await certifier.seal();
  const [standing] = trial.chain.anchored;
  trial.chain.anchored.splice(1);
  const { anchor } = trial.chain;
  trial.chain.anchor = () => Promise.reject(new Error('it is paused'));
  // A quiet log asks every three minutes, then again.
  await trial.clock.advanceTo(trial.clock.nowMs() + 180_000);
  for (let sealing = 0; sealing < 2; sealing += 1) await certifier.seal();
  expect(await ofType('AnchorLost')).not.toEqual([]);
  const { lastAnchor } = await change();
  expect(lastAnchor).toMatchObject({ size: standing!.size, root: standing!.rootHex });
  trial.chain.anchor = anchor;
});

it('while the chain does not answer nothing changes', async () => {
  trial.chain.isDown = true;
  await expect(change()).rejects.toThrow('the chain does not answer');
  expect(await ofType('ContractsChanged')).toEqual([]);
  trial.chain.isDown = false;
  await change();
  await expectWhole();
});
