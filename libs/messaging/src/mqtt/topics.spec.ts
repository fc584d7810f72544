import * as fc from 'fast-check';
import {
  allDevicesTopic,
  DEVICE_TOPICS,
  deviceTopic,
  type DeviceTopicKind,
  parseDeviceTopic,
} from './topics';

// Goal: topics are built and read by one table, and no string outside it is taken for one of ours.

const kinds = Object.keys(DEVICE_TOPICS) as DeviceTopicKind[];
const podIds = fc.stringMatching(/^IT[0-9]{3}E[0-9A-Z]{8,9}$/);

describe('a device topic', () => {
  it('names the PoD and what the message is', () => {
    expect(deviceTopic('IT002E60776854', 'setpointAck')).toBe(
      'flexledger/IT002E60776854/setpoint/ack',
    );
    expect(allDevicesTopic('measurement')).toBe('flexledger/+/measurement');
  });

  it('is read back as it was built', () => {
    fc.assert(
      fc.property(podIds, fc.constantFrom(...kinds), (podId, kind) => {
        expect(parseDeviceTopic(deviceTopic(podId, kind))).toEqual({ podId, kind });
      }),
    );
  });

  it.each([
    'flexledger/IT002E60776854',
    'flexledger/IT002E60776854/',
    'flexledger/IT002E60776854/setpoints',
    'flexledger/IT002E60776854/setpoint/ack/x',
    'flexledger/+/measurement',
    'flexledger/#',
    'other/IT002E60776854/measurement',
    'flexledgerIIT002E60776854/measurement',
    '$SYS/broker/heartbeat',
    '',
  ])('"%s" is none of ours', (topic) => expect(parseDeviceTopic(topic)).toBeUndefined());

  it('does not exist for a name that is no PoD code, such as a wildcard', () => {
    expect(() => deviceTopic('+', 'measurement')).toThrow('"+" is not a PoD code');
  });
});
