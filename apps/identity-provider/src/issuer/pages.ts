/** The few pages of signing in: plain HTML, no script, the style of one file; every text is escaped. */
import { escapedHtml } from '@flexledger/service-kit';

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { display: grid; place-items: center; min-height: 90vh; margin: 1rem; }
main { width: min(22rem, 100%); }
h1 { font-size: 1.25rem; }
label { display: block; margin: 0.75rem 0 0.25rem; }
input { box-sizing: border-box; width: 100%; padding: 0.5rem; font: inherit; }
button { margin-top: 1rem; padding: 0.5rem 1rem; font: inherit; }
.problem { color: #b00020; }
@media (prefers-color-scheme: dark) { .problem { color: #ff8a8a; } }
`;

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapedHtml(title)} - Flexledger</title><link rel="icon" href="data:,"><style>${STYLE}</style></head>
<body><main><h1>${escapedHtml(title)}</h1>${body}</main></body></html>`;
}

const problemOf = (problem: string | undefined): string =>
  problem === undefined ? '' : `<p class="problem" role="alert">${escapedHtml(problem)}</p>`;

/** Name and password. */
export function signInPage(uid: string, clientId: string, problem?: string): string {
  return page(
    'Sign in',
    `<p>to go on with ${escapedHtml(clientId)}</p>${problemOf(problem)}
<form method="post" action="/sign-in/${escapedHtml(uid)}" autocomplete="on">
<label for="name">Name</label>
<input id="name" name="name" autocomplete="username" required maxlength="80" autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="200">
<button type="submit">Sign in</button></form>`,
  );
}

const DEVICE_PROBLEMS: Readonly<Record<string, string>> = {
  NotFoundError: 'There is no such code. Type it as your terminal shows it.',
  ExpiredError: 'The code has expired. Begin again in your terminal.',
  AlreadyUsedError: 'The code was used already. Begin again in your terminal.',
  NoCodeError: 'Type the code that your terminal shows.',
  AbortedError: 'The sign-in was refused. You may close this page.',
};

/** Where somebody types the code of a device. `form` is the library's, with its protection against forgery. */
export function deviceInputPage(form: string, problem?: string): string {
  // Its script would be refused by our policy, and is not needed.
  const quiet = form.replace(/ onfocus="[^"]*"/, ' aria-label="Code"');
  const words = problem && (DEVICE_PROBLEMS[problem] ?? 'That did not work. Type the code again.');
  return page(
    'Connect a terminal',
    `${problemOf(words)}<p>Type the code that your terminal shows.</p>${quiet}
<button type="submit" form="op.deviceInputForm">Go on</button>`,
  );
}

/** Whether it is one's own terminal that asks. */
export function deviceConfirmPage(form: string, clientId: string, code: string): string {
  return page(
    'Connect a terminal',
    `<p>${escapedHtml(clientId)} asks to act for you. Go on only if your terminal shows this code:</p>
<p><strong>${escapedHtml(code)}</strong></p>${form}
<button type="submit" form="op.deviceConfirmForm">Go on</button>
<button type="submit" form="op.deviceConfirmForm" value="yes" name="abort">Refuse</button>`,
  );
}

/** The end of it. */
export const deviceDonePage = (words: string): string =>
  page('Done', `<p>${escapedHtml(words)}</p><p>You may close this page.</p>`);

/** Whether to sign out everywhere. */
export const signedOutPage = (form: string): string =>
  page(
    'Sign out',
    `${form}<p>End your sign-in here?</p>
<button type="submit" form="op.logoutForm" value="yes" name="logout">Sign out</button>`,
  );

/** What went wrong, to a person. */
export const errorPage = (problem: string): string =>
  page('That did not work', problemOf(`${problem}.`.replace(/\.\.$/, '.')));
