import type { EventStore } from '@flexledger/event-store';
import { openCertifierTrial } from '../testing/certifier-trial';
import { keyHistoryOf } from './key-changes';

it('the changes of key are read of the certifier’s own stream, not of the whole log', async () => {
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
    const log: Pick<EventStore, 'readStream'> = {
      readStream(streamId, ...rest) {
        streams.push(streamId);
        return trial.log.readStream(streamId, ...rest);
      },
    };
    const change = (await trial.events()).find(({ type }) => type === 'LogKeyReplaced')!;
    const { statement } = change.data as { readonly statement: string };
    expect(await keyHistoryOf(log)).toEqual({
      statements: [statement],
      recoveryKey: null,
      disowned: [],
    });
    expect(streams).toEqual(['certification']);
  } finally {
    await trial.close();
  }
});
