/** The page Grid: a network below a bus of the one above opens where it hangs; a slider over the day. */
import { gridFile } from '@flexledger/service-kit';
import { feederFile } from '@flexledger/grid-operations';
import { type Watched, picture, seriousFindings } from './browser';
import { GRID_OF_SETTLED, type OpenedDemo, openDemo } from './opened-demo';

jest.setTimeout(240_000);

const GRID = 'ieee33';
/** Of that grid. */
const MV_KV = 12.66;
const HZ = 60;
/** Of the network above. */
const BUSES = 33;

let opened: OpenedDemo;
let watched: Watched;
beforeAll(async () => {
  opened = await openDemo();
});
afterAll(() => opened.close());
afterEach(async () => {
  await watched.context.close();
  expect(watched.faults).toEqual([]);
  expect(opened.demo.problems).toEqual([]);
});

/** A busbar and three buses behind a transformer of the network above. */
function street(): object {
  const file = feederFile([0, 1, 2].map((parent) => ({ parent, rOhm: 0.02 }))) as {
    readonly buses: readonly { readonly id: string }[];
    readonly transformers: readonly object[];
  };
  return {
    ...file,
    frequencyHz: HZ,
    buses: file.buses.map((bus) => (bus.id === 'mv' ? { ...bus, vnKv: MV_KV } : bus)),
    transformers: file.transformers.map((one) => ({ ...one, vnHvKv: MV_KV })),
  };
}

it('the slider is followed step by step, however long it is moved, and the address in the end', async () => {
  watched = await opened.as('DSO');
  const { page } = watched;
  await page.goto(GRID_OF_SETTLED);
  const slider = page.getByRole('slider', { name: 'Quarter-hour' });
  await slider.waitFor();
  // More often than a browser lets the address be changed in half a minute.
  await slider.evaluate(slide, 300);
  await page.waitForURL('**mtu=11**');
  expect(await slider.inputValue()).toBe('11');
});

/** Runs in the page: moves a slider over the day so many times, and once more to the quarter-hour 11. */
function slide(one: unknown, steps: number): void {
  const slider = one as { value: string; dispatchEvent(event: Event): boolean };
  for (let step = 0; step <= steps; step += 1) {
    slider.value = String(step === steps ? 11 : step % 96);
    slider.dispatchEvent(new Event('input', { bubbles: true }));
  }
}

it('the LV network of a substation stands folded in the MV diagram, opens in place by a click, and closes again', async () => {
  const published = await opened.demo.as('dso').put(`/api/v1/grids/${GRID}`, {
    model: gridFile(GRID),
    feeders: [
      { name: 'ostiense', bus: 'bus5', model: street() },
      { name: 'centocelle', bus: 'bus20', model: street() },
    ],
  });
  expect([published.status, published.body]).toEqual([
    200,
    expect.objectContaining({ changed: true }),
  ]);
  // The gate of what delivers from 16:00 on opens at 13:00, and its forecast is of the new model.
  await opened.demo.until('13:15');
  watched = await opened.as('DSO');
  const { page } = watched;
  await page.goto('/grid?session=realTime-2026-03-18T15%3A00Z');
  const diagram = (buses: number) =>
    page.getByRole('img', { name: `Single-line diagram with ${buses} buses` });
  await diagram(BUSES).waitFor();
  await picture(page, 'grid-folded');

  await page.locator('[data-below="ostiense"]').click();
  await diagram(BUSES + 4).waitFor();
  expect(new URL(page.url()).searchParams.get('open')).toBe('ostiense');
  const button = page.getByRole('button', { name: /ostiense at bus5/ });
  expect(await button.getAttribute('aria-expanded')).toBe('true');
  await page.getByText('ostiense/n3', { exact: false }).first().waitFor({ state: 'attached' });
  await page.getByRole('button', { name: /centocelle at bus20/ }).press('Enter');
  await diagram(BUSES + 8).waitFor();
  await picture(page, 'grid-opened');
  expect(await seriousFindings(page)).toEqual([]);

  // Whoever is sent the address sees the same.
  await page.reload();
  await diagram(BUSES + 8).waitFor();
  await page.locator('[data-below="ostiense"]').click();
  await diagram(BUSES + 4).waitFor();
  await button.press('Enter');
  await diagram(BUSES + 8).waitFor();
});
