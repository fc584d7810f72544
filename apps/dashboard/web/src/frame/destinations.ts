/** What somebody may mean who types a text to go to. */
import { t } from '../language/texts';
import type { PageInfo } from './pages';
import { addressOf } from './route';

export interface Destination {
  readonly name: string;
  readonly address: string;
  readonly kind: string;
}

const MOST = 12;
const SESSION = /^(dayAhead|realTime)-\d{4}-\d\d-\d\dT\d\d:\d\dZ$/;
const POD = /^[A-Za-z]{2}[0-9A-Za-z]{10,20}$/;
const EVENT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const POSITION = /^\d{1,15}$/;

/** Pages by their name, and what the text may be the id of; of pages that one may see only. */
export function destinationsOf(text: string, pages: readonly PageInfo[]): readonly Destination[] {
  const typed = text.trim();
  const sees = (page: PageInfo['page']) => pages.some((one) => one.page === page);
  const things: Destination[] = [];
  const add = (is: boolean, destination: Destination) => is && things.push(destination);
  add(SESSION.test(typed) && sees('sessions'), {
    name: typed,
    address: addressOf('sessions', [typed]),
    kind: 'session',
  });
  add(POD.test(typed) && sees('pods'), {
    name: typed.toUpperCase(),
    address: addressOf('pods', [typed.toUpperCase()]),
    kind: t('PoD and its node'),
  });
  add(EVENT_ID.test(typed) || POSITION.test(typed), {
    name: typed,
    address: addressOf('audit', [typed]),
    kind: POSITION.test(typed) ? t('event at this position') : 'event',
  });
  const words = typed.toLowerCase();
  const named = pages
    .map(({ page, name, question }) => ({ page, name: t(name), question: t(question) }))
    .filter(({ name, question }) => `${name} ${question}`.toLowerCase().includes(words))
    .map(({ page, name, question }) => ({ name, address: addressOf(page), kind: question }));
  return [...things, ...named].slice(0, MOST);
}
