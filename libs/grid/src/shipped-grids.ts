/**
 * Names of the networks that stand in `libs/grid/data/<name>.json` (format `flexledger-grid/1`).
 * This project does no I/O: whoever needs one reads the file and gives it to `parseNetwork`.
 */
export const shippedGridNames = ['ieee33', 'cigre-mv', 'cigre-mv-pv-wind'] as const;
