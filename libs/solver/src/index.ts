export * from './highs';
export { referenceModel } from './testing/reference-clearing';
