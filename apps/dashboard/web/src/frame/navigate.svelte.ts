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

/** Goes to an address of the screens. `replace` where it only narrows what is looked at. */
export function goTo(address: string, replace = false): void {
  if (replace) history.replaceState(null, '', address);
  else history.pushState(null, '', address);
  current = read();
  if (!replace) {
    scrollTo(0, 0);
    document.getElementById('main')?.focus({ preventScroll: true });
  }
}

/** Changes the query of where one is; undefined leaves a part out. */
export function narrow(query: Readonly<Record<string, string | undefined>>): void {
  const { page = 'now', rest, query: standing } = current;
  goTo(addressOf(page as PageName, rest, { ...standing, ...query }), true);
}

/** Follows the buttons of the browser and links to the screens. */
export function followAddress(): void {
  addEventListener('popstate', () => (current = read()));
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
