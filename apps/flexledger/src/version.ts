/** The release, as `--version` and a running instance tell it. */
export const VERSION = '0.1.0';
