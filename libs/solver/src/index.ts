export * from './highs';
