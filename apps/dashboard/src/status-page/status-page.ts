/** The status page: one delivery day at a glance, how it is proved, and how to check it oneself. */
import { MTU_MS } from '@flexledger/domain';
import { SOLD_NOTHING_BECAUSE } from '@flexledger/projections';
import type {
  CertificationStatus,
  DayStatus,
  SessionStatus,
  StatusSnapshot,
} from '../status/status-snapshot';
import { type Html, html } from './html';
import { pageOf } from './page';
import { powerChart } from './power-chart';
import { type ZoneWords, count, dayName, euro, kWh, percent, plural, zoneWords } from './words';

/** What the page tells besides the snapshot. */
export interface PageContext {
  /** Data folder as it was given on the command line, for the commands the page shows. */
  readonly dataDir: string;
}

/** Hex digits of a root that tell it apart at a glance. */
const ROOT_DIGITS = 16;

/** The whole page. */
export function statusPage(snapshot: StatusSnapshot, context: PageContext): string {
  const words = zoneWords(snapshot.timeZone);
  const { day } = snapshot;
  return pageOf(
    day ? `Flexledger: ${dayName(day.date)}` : 'Flexledger',
    html`${snapshot.problems.map((problem) => html`<p class="problem">${problem}</p>`)}
    ${day ? daySections(snapshot, day, words) : emptyCalendar(snapshot)}
    ${proofSection(snapshot, words)} ${checkSection(context)}`,
  );
}

function emptyCalendar({ events }: StatusSnapshot): Html {
  return html`<h1>No market sessions</h1>
    <p class="lead">
      ${events === 0 ? 'The log is empty. ' : `The log holds ${plural(events, 'event')}, but no session for this day. `}
      The calendar schedules the sessions of today and tomorrow when the platform starts;
      <code>npx flexledger demo</code> simulates a whole day.
      <a href="/">Show the last day on which something was sold.</a>
    </p>`;
}

function daySections(snapshot: StatusSnapshot, day: DayStatus, words: ZoneWords): Html {
  const sold = day.acceptedWh > 0;
  return html`<div class="day">
      <h1><small>Delivery day</small> ${dayName(day.date)}</h1>
      <nav aria-label="Days">
        ${dayLink(day.previous, 'Day before')} ${dayLink(day.next, 'Day after')}
      </nav>
    </div>
    ${figures(snapshot, day)}
    <section aria-labelledby="power">
      <h2 id="power">Flexibility over the day</h2>
      ${
        sold
          ? powerChart(day.power, words)
          : html`<p class="lead">
              ${day.sessions.some(({ status }) => status === 'published') ? 'Nothing was sold' : 'Nothing has been sold'}
              for this day${day.requests === 0 ? ': nobody has asked for flexibility' : ''}.
            </p>`
      }
    </section>
    <section aria-labelledby="sessions">
      <h2 id="sessions">Sessions</h2>
      ${sessionTable(day, words)}
    </section>`;
}

function dayLink(date: string | null, name: string): Html {
  return date === null
    ? html`<span aria-hidden="true">${name}</span>`
    : html`<a href="/?day=${date}" title="${dayName(date)}">${name}</a>`;
}

function figures({ pods, tokens, events }: StatusSnapshot, day: DayStatus): Html {
  const figure = (name: string, value: string, note: string): Html =>
    html`<div>
      <dt>${name}</dt>
      <dd>${value} <small>${note}</small></dd>
    </div>`;
  const settled = `${count(day.settledSessions)} of ${plural(day.sessions.length, 'session')}`;
  return html`<dl class="figures">
    ${figure('Accepted', `${kWh(day.acceptedWh)} kWh`, `of ${kWh(day.requestedWh)} kWh requested`)}
    ${figure('Delivered', `${kWh(day.deliveredWh)} kWh`, deliveredWords(day))}
    ${figure('Settled', euro(day.settledMicroEur), settled)}
    ${figure('Tokens', euro(tokens.awardedMicroEur), tokenWords(tokens))}
    ${figure('PoDs', count(pods), 'registered')}
    ${figure('Requests', count(day.requests), 'of DSO and TSO')}
    ${figure('Offers', count(day.offers), 'of aggregators')}
    ${figure('Events', count(events), 'in the log')}
  </dl>`;
}

/** Delivered out of what the settled sessions had accepted. */
function deliveredWords({ sessions, deliveredWh }: DayStatus): string {
  const dueWh = sessions.reduce(
    (sum, { acceptedWh, deliveredWh: of }) => sum + (of === null ? 0 : (acceptedWh ?? 0)),
    0,
  );
  return dueWh > 0 ? `${percent(deliveredWh, dueWh)} of what is settled` : 'nothing is settled';
}

function tokenWords({ awardedMicroEur, onChainMicroEur }: StatusSnapshot['tokens']): string {
  if (onChainMicroEur === null) return 'awarded; the chain does not answer';
  if (onChainMicroEur === awardedMicroEur) return 'awarded, the chain agrees';
  return `awarded, but ${euro(onChainMicroEur)} exist on the chain`;
}

function sessionTable({ sessions }: DayStatus, words: ZoneWords): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Sessions of the day">
    <table>
      <thead>
        <tr>
          <th scope="col">session</th>
          <th scope="col">status</th>
          <th scope="col" class="number">requested kWh</th>
          <th scope="col" class="number">offers</th>
          <th scope="col" class="number">accepted kWh</th>
          <th scope="col" class="number">delivered kWh</th>
          <th scope="col" class="number">settled</th>
          <th scope="col" class="number">gate</th>
        </tr>
      </thead>
      <tbody>
        ${sessions.map((session) => sessionRow(session, words))}
      </tbody>
    </table>
  </div>`;
}

function sessionRow(session: SessionStatus, words: ZoneWords): Html {
  const startMs = Date.parse(session.deliveryStart);
  const endMs = startMs + session.mtuCount * MTU_MS;
  const window = `${words.time(startMs)}–${words.time(endMs)}`;
  const { acceptedWh, deliveredWh, settledMicroEur, status } = session;
  const reason = session.soldNothingBecause;
  const gate = `${words.dayAndTime(Date.parse(session.gateOpensAt))}–${words.time(Date.parse(session.gateClosesAt))}`;
  const settled = settledMicroEur === null ? '–' : euro(settledMicroEur);
  return html`<tr>
    <th scope="row">${session.kind === 'dayAhead' ? 'Day-ahead' : `Real-time ${window}`}</th>
    <td>
      <span class="status ${status}">${settledMicroEur === null ? status : 'settled'}</span>
      ${reason === null ? '' : html`<small>${SOLD_NOTHING_BECAUSE[reason]}</small>`}
    </td>
    <td class="number">${kWh(session.requestedWh)}</td>
    <td class="number">${count(session.offers)}</td>
    <td class="number">${acceptedWh === null ? '–' : kWh(acceptedWh)}</td>
    <td class="number">${deliveredWh === null ? '–' : kWh(deliveredWh)}</td>
    <td class="number">${settled}</td>
    <td class="number">${gate}</td>
  </tr>`;
}

function proofSection({ certification }: StatusSnapshot, words: ZoneWords): Html {
  const { lastAnchor, latest, checkpoints, anchored, anchorContract } = certification;
  return html`<section aria-labelledby="proof">
    <h2 id="proof">Proof</h2>
    ${
      checkpoints === 0
        ? html`<p class="lead">No checkpoint is sealed yet; the first follows within a minute.</p>`
        : html`<p class="lead">
              Every event is a leaf of a Merkle tree. ${plural(checkpoints, 'checkpoint')} of it
              ${checkpoints === 1 ? 'is' : 'are'} sealed and signed, ${count(anchored)} anchored on
              the
              chain${
                lastAnchor?.anchor
                  ? `, the last one in block ${count(lastAnchor.anchor.blockNumber)}, over ${plural(lastAnchor.size, 'event')}`
                  : ''
              }.
            </p>
            ${checkpointTable(latest, words)}
            ${lastAnchor && html`<p class="root">Last anchored root <code>${lastAnchor.root}</code></p>`}
            ${anchorContract !== null && html`<p class="root">Contract <code>${anchorContract}</code></p>`}`
    }
  </section>`;
}

function checkpointTable(latest: CertificationStatus['latest'], words: ZoneWords): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Last checkpoints">
    <table>
      <thead>
        <tr>
          <th scope="col">sealed</th>
          <th scope="col" class="number">events</th>
          <th scope="col">root</th>
          <th scope="col" class="number">block</th>
        </tr>
      </thead>
      <tbody>
        ${latest.map(
          ({ size, root, sealedAt, anchor }) =>
            html`<tr>
              <th scope="row">
                ${sealedAt === null ? '–' : words.dayAndTime(Date.parse(sealedAt))}
              </th>
              <td class="number">${count(size)}</td>
              <td><code title="${root}">${root.slice(0, ROOT_DIGITS)}…</code></td>
              <td class="number">${anchor ? count(anchor.blockNumber) : 'waiting'}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function checkSection({ dataDir }: PageContext): Html {
  return html`<section aria-labelledby="check">
    <h2 id="check">Check it yourself</h2>
    <p class="lead">
      The audit trusts nobody: from the log and the chain alone it computes clearing, validation and
      settlement again and checks every hash, signature, proof and anchor.
    </p>
    <pre><code>npx flexledger audit --all --data ${dataDir}</code></pre>
    <p class="lead">
      Checkpoints and proofs are open to everyone:
      <a href="/api/v1/log/checkpoint">the last checkpoint</a>,
      <a href="/api/v1/anchors?limit=5">anchors</a>,
      <a href="/api/v1/log/inclusion?position=0">proof that the first event is in the log</a>. These
      figures as JSON: <a href="/api/v1/status">status</a>.
    </p>
  </section>`;
}
