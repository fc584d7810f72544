export * from './input';
export * from './streams';
export * from './usage-error';
