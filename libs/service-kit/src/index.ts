export * from './repository-root';
export * from './rule-pack/load-rule-pack';
export * from './access/clients-file';
export * from './access/scopes';
export * from './http/health.controller';
export * from './http/http-app';
export * from './http/problem-details';
export * from './flow-log';
