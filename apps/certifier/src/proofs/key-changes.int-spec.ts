import type { RecordedEvent } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import { openCertifierTrial } from '../testing/certifier-trial';
import { keyHistoryOf } from './key-changes';

it('the changes of key are read of the certifier’s own stream, each event of it once, not of the whole log', async () => {
  const trial = await openCertifierTrial('dense');
  try {
    await trial.happen(3);
    const lead = { signal: new AbortController().signal, fence: 1 };
    const first = await trial.openOne();
    await first.processors[0]!.begin!(lead);
    await first.certifier.seal();
    const keys = { own: 'successor', before: 'certifier' };
    const successor = await trial.openOne(trial.log, keys);
    await successor.processors[0]!.begin!(lead);
    const streams: string[] = [];
    let read = 0;
    const log: Pick<EventStore, 'readStream'> = {
      async *readStream(streamId, ...rest) {
        streams.push(streamId);
        for await (const event of trial.log.readStream(streamId, ...rest)) {
          read += 1;
          yield event;
        }
      },
    };
    const change = (await trial.events()).find(({ type }) => type === 'LogKeyReplaced')!;
    const { statement } = change.data as { readonly statement: string };
    const inForce = { anchorContract: '0x1', tokenContract: '0x2', agreementContract: '0x3' };
    const contracts = [{ ...inForce, until: null }];
    const known = { recoveryKey: null, disowned: [], chainId: 31_337, contracts };
    const history = { statements: [statement], ...known };
    expect(await Promise.all([keyHistoryOf(log), keyHistoryOf(log)])).toEqual([history, history]);
    expect(streams).toEqual(['certification', 'certification']);
    const certified = async () =>
      (await trial.events()).filter(({ streamId }) => streamId === 'certification').length;
    const before = await certified();
    expect(read).toBe(before);
    await trial.happen(1);
    await successor.certifier.seal();
    expect(await keyHistoryOf(log)).toEqual(history);
    expect(read).toBe(await certified());
    expect(read).toBeGreaterThan(before);
  } finally {
    await trial.close();
  }
});

it('contracts that others took the place of are told with the last anchor in them', async () => {
  const started = (anchorContract: string) => ({
    type: 'CertifierStarted',
    data: { chainId: 7, anchorContract, tokenContract: '0x2', agreementContract: '0x3' },
  });
  const lastAnchor = { size: 5, root: 'ab', txHash: '0xt', blockNumber: 9 };
  const former = { anchorContract: '0x1', tokenContract: '0x2', agreementContract: '0x3' };
  const changed = { former, lastAnchor, statement: 'signed' };
  const events = [
    started('0x1'),
    { type: 'ContractsChanged', data: changed },
    started('0x4'),
    started('0x4'),
  ];
  const log = {
    async *readStream() {
      for (const [revision, event] of events.entries()) {
        yield { revision, schemaVersion: 1, ...event } as unknown as RecordedEvent;
      }
    },
  };
  expect(await keyHistoryOf(log)).toMatchObject({
    chainId: 7,
    contracts: [
      { ...former, until: { ...lastAnchor, statement: 'signed' } },
      { ...former, anchorContract: '0x4', until: null },
    ],
  });
});
