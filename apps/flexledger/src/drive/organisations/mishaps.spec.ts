import { deliveryDay } from '@flexledger/domain';
import { loadRulePack } from '@flexledger/service-kit';
import { drawCut, drawOrganisationKills } from './mishaps';

const day = '2026-03-17';
const { rulePack } = loadRulePack('platone');
const period = deliveryDay(day, rulePack.timeZone);

it('each organisation is killed once, at moments that follow from the number', () => {
  const names = ['market-operator', 'dso', 'tso'];
  const kills = drawOrganisationKills(7, names, period.mtuCount);
  expect(kills.map(({ organisation }) => organisation).sort()).toEqual([...names].sort());
  expect(drawOrganisationKills(7, names, period.mtuCount)).toEqual(kills);
  expect(drawOrganisationKills(8, names, period.mtuCount)).not.toEqual(kills);
});

it.each([1, 2, 3, 4, 5])(
  'cut %i lasts from before a gate of the day opens until it has closed',
  (seed) => {
    const cut = drawCut(seed, ['dso', 'tso'], day, period, rulePack);
    expect(['dso', 'tso']).toContain(cut.organisation);
    expect(cut.fromMs).toBeGreaterThan(period.startMs - 2_000);
    const [, delivery] = /^realTime-(.*)Z$/.exec(cut.sessionId)!;
    expect(cut.untilMs).toBeGreaterThan(cut.fromMs);
    expect(cut.untilMs).toBeLessThan(Date.parse(`${delivery}:00.000Z`));
  },
);
