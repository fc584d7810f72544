export type { ColumnType, Dataset, ExportSource, Row } from './dataset';
export { datasets } from './datasets';
export { exportParquet } from './export-parquet';
export { type ExportSelection, withExportSource } from './export-source';
export { type TextFormat, exportText } from './export-text';
