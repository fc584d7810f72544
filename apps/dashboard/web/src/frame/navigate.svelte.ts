/** Where the screens are. Links work as links; this only spares loading the page anew. */
import { type PageName, type Route, addressOf, routeOf } from './route';

const read = (): Route =>
  import.meta.env.SSR ? routeOf('/') : routeOf(location.pathname, location.search);
let current = $state.raw<Route>(read());

export const route = (): Route => current;

/** On the server, which has no address of its own: the one that was asked for. */
export function showAddress(pathname: string, search: string): void {
  current = routeOf(pathname, search);
}

/** Browsers ignore an address that changes too often: while a slider is moved it is written once it rests so long. */
const RESTED_MS = 200;
let narrowedAtMs = 0;
let unwritten: string | undefined;
let writing: ReturnType<typeof setTimeout> | undefined;

/** Goes to an address of the screens. `replace` where it only narrows what is looked at. */
export function goTo(address: string, replace = false): void {
  if (replace) {
    const { pathname, search } = new URL(address, location.origin);
    current = routeOf(pathname, search);
    unwritten = address;
    const isMoving = performance.now() - narrowedAtMs < RESTED_MS;
    narrowedAtMs = performance.now();
    clearTimeout(writing);
    if (isMoving) writing = setTimeout(write, RESTED_MS);
    else write();
    return;
  }
  push(address);
  scrollTo(0, 0);
  document.getElementById('main')?.focus({ preventScroll: true });
}

/** What was left to be written is where one comes back to. */
function push(address: string): void {
  write();
  history.pushState(null, '', address);
  current = read();
}

function write(): void {
  clearTimeout(writing);
  writing = undefined;
  if (unwritten === undefined) return;
  history.replaceState(null, '', unwritten);
  unwritten = undefined;
}

type Query = Readonly<Record<string, string | undefined>>;

/** Changes the query of where one is; undefined leaves a part out. */
export function narrow(query: Query): void {
  goTo(addressWith(query), true);
}

/** The same for what one may want to come back from: other days, for one. */
export function look(query: Query): void {
  push(addressWith(query));
}

function addressWith(query: Query): string {
  const { page = 'now', rest, query: standing } = current;
  return addressOf(page as PageName, rest, { ...standing, ...query });
}

/** Follows the buttons of the browser and links to the screens. */
export function followAddress(): void {
  addEventListener('popstate', () => {
    unwritten = undefined;
    current = read();
  });
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element).closest?.('a[href]') as HTMLAnchorElement | null;
    if (
      !link ||
      link.origin !== location.origin ||
      link.target !== '' ||
      link.hasAttribute('download')
    )
      return;
    if (link.hash !== '' && link.pathname === location.pathname) return;
    if (routeOf(link.pathname).page === undefined) return;
    event.preventDefault();
    goTo(link.pathname + link.search);
  });
}
