export { COLUMNS, type Progress, euro, progressBar, table } from './output';
