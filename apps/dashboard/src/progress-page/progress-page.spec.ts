import { progressPage } from './progress-page';

it('tells which day is simulated and how far it is, and keeps itself up to date', () => {
  const page = progressPage({
    date: '2026-03-17',
    pods: 100,
    done: 39,
    total: 98,
    what: 'delivery, quarter-hour 37 of 96',
  });
  const text = page.replaceAll(/\s+/g, ' ');
  expect(text).toContain('<h1><small>Simulating</small> Tuesday 17 March 2026</h1>');
  expect(text).toMatch(/<progress value="39" max="98" /);
  expect(text).toContain('<span>delivery, quarter-hour 37 of 96</span>');
  expect(text).toContain('with 100 PoDs, once: 39 of 98 steps');
  expect(text).toContain('/assets/live-refresh.js');
});
