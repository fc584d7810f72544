export * from './grid-model/operated-grid';
export * from './forecast/customer-forecast';
export * from './forecast/grid-forecast';
export * from './forecast/record-forecast';
export * from './requests/violations';
export * from './requests/size-requests';
export * from './validation/validate-outcome';
export * from './grid-process';
