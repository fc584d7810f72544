import { MTU_MINUTES, MTU_MS } from '@flexledger/domain';
import type { DayPower } from '../status/day-power';
import { type Html, html } from './html';
import { type ZoneWords, kW } from './words';

/** Marks on the axis of time, hours apart. */
const HOURS_BETWEEN = 4;

/**
 * Accepted and delivered power by quarter-hour. The drawing stretches with the page while letters
 * stand beside it, so that they stay readable on a phone; the same figures follow as a table.
 */
export function powerChart(power: DayPower, words: ZoneWords): Html {
  const { acceptedW, deliveredW, startMs } = power;
  const mtus = acceptedW.length;
  const top = niceCeiling(Math.max(...acceptedW, ...deliveredW.map((watts) => watts ?? 0)));
  const peak = acceptedW.indexOf(Math.max(...acceptedW));
  const hours = Array.from({ length: mtus + 1 }, (_, mtu) => mtu).filter(
    (mtu) => (mtu * MTU_MINUTES) % (HOURS_BETWEEN * 60) === 0,
  );
  const mark = (mtu: number): Html => {
    const left = ((mtu / mtus) * 100).toFixed(2);
    return html`<span style="left: ${left}%">${words.time(startMs + mtu * MTU_MS)}</span>`;
  };
  return html`<figure class="chart">
    <figcaption>
      <span class="key accepted">accepted</span> <span class="key delivered">delivered</span>
      <span class="unit">kW, mean of each quarter-hour</span>
    </figcaption>
    <div class="plot">
      <div class="axis-y" aria-hidden="true">
        <span>${top / 1_000}</span><span>${top / 2_000}</span><span>0</span>
      </div>
      <svg
        viewBox="0 0 ${mtus} 100"
        preserveAspectRatio="none"
        role="img"
        aria-label="Power accepted and delivered by quarter-hour. Most is accepted at ${words.time(startMs + peak * MTU_MS)}: ${kW(acceptedW[peak]!)} kW. The table below has all figures."
      >
        <path class="grid" d="M0 0H${mtus}M0 50H${mtus}" />
        <path class="delivered" d="${areas(deliveredW, top)}" />
        <path class="accepted" d="${steps(acceptedW, top)}" />
        ${acceptedW.map((accepted, mtu) => hover(power, mtu, accepted, words))}
      </svg>
      <div class="axis-x" aria-hidden="true">${hours.map(mark)}</div>
    </div>
    <details id="power-table">
      <summary>The same as a table</summary>
      ${table(power, words)}
    </details>
  </figure>`;
}

/** What a pointer over a quarter-hour is told. */
function hover(power: DayPower, mtu: number, acceptedW: number, words: ZoneWords): Html {
  const delivered = power.deliveredW[mtu]!;
  const told = delivered === null ? 'not settled yet' : `delivered ${kW(delivered)} kW`;
  const time = words.time(power.startMs + mtu * MTU_MS);
  return html`<rect class="hover" x="${mtu}" y="0" width="1" height="100">
    <title>${time}: accepted ${kW(acceptedW)} kW, ${told}</title>
  </rect>`;
}

function table({ acceptedW, deliveredW, startMs }: DayPower, words: ZoneWords): Html {
  const rows = acceptedW.flatMap((accepted, mtu) => {
    const delivered = deliveredW[mtu]!;
    if (accepted === 0 && delivered === 0) return [];
    return html`<tr>
      <th scope="row">${words.time(startMs + mtu * MTU_MS)}</th>
      <td>${kW(accepted)}</td>
      <td>${delivered === null ? '–' : kW(delivered)}</td>
    </tr>`;
  });
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Power by quarter-hour">
    <table>
      <thead>
        <tr>
          <th scope="col">quarter-hour from</th>
          <th scope="col">accepted kW</th>
          <th scope="col">delivered kW</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

/** A line of steps; y grows downwards, 100 is nothing. */
function steps(watts: readonly number[], top: number): string {
  return watts
    .map((value, mtu) => `${mtu === 0 ? 'M0' : 'L' + mtu} ${height(value, top)}H${mtu + 1}`)
    .join('');
}

/** The area below the steps of what is known. */
function areas(watts: readonly (number | null)[], top: number): string {
  return watts
    .map((value, mtu) => (value ? `M${mtu} 100V${height(value, top)}H${mtu + 1}V100Z` : ''))
    .join('');
}

function height(watts: number, top: number): string {
  return (100 - (watts / top) * 100).toFixed(2);
}

/** The next of these times a power of ten: its half is easy to read too. */
const NICE = [1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10];

function niceCeiling(watts: number): number {
  if (watts <= 0) return 1_000;
  const scale = 10 ** Math.floor(Math.log10(watts));
  return NICE.find((step) => step * scale >= watts)! * scale;
}
