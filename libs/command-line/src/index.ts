export * from './examples';
export * from './exit-codes';
export * from './input';
export * from './signals';
export * from './streams';
export * from './usage-error';
