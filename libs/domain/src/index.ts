export * from './log/envelope';
export * from './log/decider';
