export { witnessCommand } from './witness.command';
