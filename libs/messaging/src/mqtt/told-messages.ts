import { type FlowMoment, tellFlow } from '@flexledger/runtime';
import type { DeviceTopicKind } from './topics';

/** The topics whose messages are flows of their own (D2.16, table 6); the others answer them. */
const FLOWS: Partial<
  Record<DeviceTopicKind, Pick<FlowMoment, 'flow'> & Record<'from' | 'to', FlowMoment['platform']>>
> = {
  measurement: { flow: 'flow7', from: 'LN', to: 'BAL' },
  setpoint: { flow: 'flow6', from: 'DSOTP', to: 'LN' },
};

/** Tells a message of a PoD that has been handed to the connection, or has come from it. */
export function tellMessage(
  podId: string,
  kind: DeviceTopicKind,
  step: 'message_sent' | 'message_received',
): void {
  const carried = FLOWS[kind];
  if (!carried) return;
  const platform = step === 'message_sent' ? carried.from : carried.to;
  tellFlow({ flow: carried.flow, step, platform, referenceId: podId });
}
