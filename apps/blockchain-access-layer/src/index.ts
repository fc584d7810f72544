export * from './access-layer';
export type { Enrolment, EnrolmentAnswer, NodeToEnrol } from './enrolment/enrolment';
export type { TimeLimits } from './measurement-ingress/address-packet';
export type { FlushReport, MeasurementIngress } from './measurement-ingress/measurement-ingress';
export type { NodeReports } from './node-reports/node-reports';
