export * from './census/census';
