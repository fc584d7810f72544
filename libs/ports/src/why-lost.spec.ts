/** Why an offer lost, in one reason. */
import { mainReason } from './why-lost';

const mtu = (because: string, acceptedW = 0, permittedW: number | null = acceptedW) => ({
  offeredW: 100,
  acceptedW,
  permittedW,
  because,
  violatedElement: permittedW === acceptedW ? null : 'line17',
});

it('is that of most quarter-hours of the last round', () => {
  const first = { mtus: [mtu('cap'), mtu('cap')] };
  const last = { mtus: [mtu('cap'), mtu('dearer'), mtu('dearer'), mtu('accepted', 100)] };
  expect(mainReason([first, last])).toBe('dearer');
});

it('is the DSO’s where it took off what was accepted', () => {
  expect(mainReason([{ mtus: [mtu('accepted', 100, 0), mtu('accepted', 100)] }])).toBe(
    'the DSO did not permit it, for the sake of line17',
  );
});

it('is none where all was accepted, or nothing was offered', () => {
  expect(mainReason([{ mtus: [mtu('accepted', 100)] }])).toBe('all of it was accepted');
  expect(mainReason([])).toBe('all of it was accepted');
});
