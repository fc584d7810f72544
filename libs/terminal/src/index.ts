export { type Progress, euro, progressBar, table } from './output';
