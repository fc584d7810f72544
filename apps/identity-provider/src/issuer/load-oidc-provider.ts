/**
 * `oidc-provider` is read when the first token is asked for, not when the program starts: it and what it
 * needs take a third of a second.
 */
import type * as OidcProvider from 'oidc-provider';

let loaded: Promise<typeof OidcProvider> | undefined;

/** The library. */
export function loadOidcProvider(): Promise<typeof OidcProvider> {
  loaded ??= quietly(() => import('oidc-provider'));
  return loaded;
}

/**
 * It tells the console that it is not meant for Node 20, which this project still runs on: what is used of
 * it is tested here on that version too. Whoever reads the terminal can do nothing about it.
 */
async function quietly<Module>(load: () => Promise<Module>): Promise<Module> {
  /* eslint-disable no-console */
  const { warn } = console;
  console.warn = (text: unknown, ...more: unknown[]) => {
    if (!String(text).includes('Unsupported runtime')) warn(text, ...more);
  };
  try {
    return await load();
  } finally {
    console.warn = warn;
  }
}
