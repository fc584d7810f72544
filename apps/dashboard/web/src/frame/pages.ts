/** Which pages there are, what each is called, and who may see it. */
import type { PlainText } from '../language/texts';
import type { SignedIn } from '../data/token';
import type { PageName } from './route';

export interface PageInfo {
  readonly page: PageName;
  readonly name: PlainText;
  /** What the page answers in the first second. */
  readonly question: PlainText;
  /** Undefined where everybody may. */
  readonly roles?: readonly string[];
  /** Without which there is nothing on it: not everybody of a party may all that the party may. */
  readonly needs?: string;
  /** Apart from what all do: running the market. */
  readonly isOfOperator?: true;
}

const MARKET = ['operator', 'dso', 'tso', 'aggregator', 'auditor'];

export const PAGE_INFOS: readonly PageInfo[] = [
  { page: 'home', name: 'Home', question: 'What did my home give, and earn?', roles: ['customer'] },
  { page: 'now', name: 'Now', question: 'Is it going well?' },
  {
    page: 'sessions',
    name: 'Sessions',
    question: 'What was decided, and why?',
    roles: [...MARKET, 'customer'],
    needs: 'market:read',
  },
  {
    page: 'grid',
    name: 'Grid',
    question: 'Where will it hurt, and who can help?',
    roles: ['dso', 'operator', 'auditor'],
    needs: 'grid:read',
  },
  {
    page: 'portfolio',
    name: 'Portfolio',
    question: 'What do I earn, and what must I do?',
    roles: ['aggregator'],
    needs: 'offers:write',
  },
  {
    page: 'dashboards',
    name: 'Dashboards',
    question: 'What do my plants do, added up as I want it?',
    roles: ['aggregator'],
    needs: 'measurements:read',
  },
  {
    page: 'pods',
    name: 'PoDs and nodes',
    question: 'Is this one well?',
    roles: [...MARKET, 'customer'],
    needs: 'pods:read',
  },
  { page: 'audit', name: 'Audit', question: 'Is it true?' },
  {
    page: 'indicators',
    name: 'Indicators',
    question: 'Does the market do what it is for?',
    roles: [...MARKET, 'customer'],
    needs: 'market:read',
  },
  {
    page: 'operations',
    name: 'Operations',
    question: 'Does everything run?',
    roles: ['operator', 'auditor'],
    needs: 'processors:read',
    isOfOperator: true,
  },
  {
    page: 'administration',
    name: 'Administration',
    question: 'Who takes part, and who may do what?',
    roles: ['operator', 'dso', 'tso', 'aggregator', 'auditor'],
    needs: 'parties:read',
    isOfOperator: true,
  },
];

/** The pages of somebody, or of a visitor, in the order of the navigation. */
export function pagesOf(who: Pick<SignedIn, 'role' | 'scopes'> | undefined): readonly PageInfo[] {
  return PAGE_INFOS.filter(
    ({ roles, needs }) =>
      !roles ||
      (who !== undefined &&
        roles.includes(who.role) &&
        (needs === undefined || who.scopes.includes(needs))),
  );
}
