/** What is told while the day that the screens will show is still being simulated. */
import { html } from './html';
import { pageOf } from './page';
import { count, dayName, plural } from './words';

/** A day that is being simulated, and how far it is. */
export interface SimulationProgress {
  /** Civil day, ISO date. */
  readonly date: string;
  readonly pods: number;
  readonly done: number;
  readonly total: number;
  /** What is being done: `delivery, quarter-hour 37 of 96`. */
  readonly what: string;
}

/** The page, in the place of which the screens come by themselves. */
export function progressPage({ date, pods, done, total, what }: SimulationProgress): string {
  return pageOf(
    'Flexledger',
    html`<h1><small>Simulating</small> ${dayName(date)}</h1>
      <p>
        <progress
          value="${done}"
          max="${total}"
          aria-label="Part of the day that is simulated"
        ></progress>
        <span>${what}</span>
      </p>
      <p class="lead">
        One whole market day with ${plural(pods, 'PoD')}, once: ${count(done)} of ${count(total)}
        steps are done. This page shows the day when it is whole; from then on its households live
        on the present day.
      </p>`,
  );
}
