const fc = require('fast-check');

/**
 * Property tests draw from one seed, so that a build is the same on every machine. To look further:
 * FAST_CHECK_SEED=$RANDOM npm test
 */
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20260317) });
