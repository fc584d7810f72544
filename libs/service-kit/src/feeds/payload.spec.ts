import { payloadOf } from './payload';

it('what names something in XML stays text, and what is measured is a number', () => {
  const xml =
    '<meters><curves id="0012" bus="7"><powerW>4000</powerW></curves>' +
    '<curves><id>1e3</id><bus> 08 </bus><powerW>-5.5</powerW></curves></meters>';
  expect(payloadOf(Buffer.from(xml))).toEqual({
    curves: [
      { id: '0012', bus: '7', powerW: 4_000 },
      { id: '1e3', bus: '08', powerW: -5.5 },
    ],
  });
  const report =
    '<report runId="12"><setpoints resourceId="0012"><powerW>1</powerW></setpoints></report>';
  expect(payloadOf(Buffer.from(report))).toEqual({
    runId: '12',
    setpoints: { resourceId: '0012', powerW: 1 },
  });
});
