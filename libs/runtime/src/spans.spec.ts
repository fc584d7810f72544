import { type Span, isTraced, listenToSpans, tellSpan } from './spans';
import { placeOfTraceParent, spanIdOf, traceIdOf, traceParent } from './spans';

const place = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
};

it('a span is told to whoever listens, and to nobody else', () => {
  const heard: Span[] = [];
  const span: Span = {
    ...place,
    name: 'POST /api/v1/offers',
    kind: 'server',
    startMs: 1,
    endMs: 2,
    attributes: {},
  };
  expect(isTraced()).toBe(false);
  tellSpan(span);
  const unlisten = listenToSpans((one) => heard.push(one));
  expect(isTraced()).toBe(true);
  tellSpan(span);
  unlisten();
  tellSpan(span);
  expect(heard).toEqual([span]);
});

it('ids of the log are those of traces and spans', () => {
  const id = 'ee911071-9ba1-824a-a874-fd5defea68f6';
  expect([traceIdOf(id), spanIdOf(id)]).toEqual([
    'ee9110719ba1824aa874fd5defea68f6',
    'a874fd5defea68f6',
  ]);
  expect([traceIdOf('c'), spanIdOf('c')]).toEqual([undefined, undefined]);
});

it('a place is written as W3C Trace Context has it, and read again', () => {
  expect(traceParent(place)).toBe('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01');
  expect(placeOfTraceParent(traceParent(place))).toEqual(place);
});

it.each([
  undefined,
  '',
  'ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  '00-00000000000000000000000000000000-00f067aa0ba902b7-01',
  '00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01',
  '00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01',
])('a header of another form is none: %s', (header) => {
  expect(placeOfTraceParent(header)).toBeUndefined();
});
