export * from './access-layer';
export * from './enrolment/enrolment';
export * from './measurement-ingress/measurement-ingress';
export * from './node-reports/node-reports';
