export * from './clock';
export * from './wall-clock';
export * from './virtual-clock';
export * from './random';
export * from './sleep';
export * from './in-order';
export * from './fault-points';
export * from './message-of';
