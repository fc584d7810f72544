/** The households of a demo after its simulated day, and what says that a folder is a demo's. */
export * from './demo-day';
export { type SimulatedField, startSimulatedField } from './simulated-field';
