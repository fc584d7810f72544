export { witnessCommand } from './witness.command';
export { type OpenedWitness, openWitness } from './run-witness';
