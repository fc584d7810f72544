export * from './requests/tso-requests';
export * from './requests/tso-process';
