export * from './answers';
export * from './examples';
export * from './exit-codes';
export * from './input';
export * from './platform-names';
export * from './signals';
export * from './streams';
export * from './usage-error';
