export { type TraceExporter, type TraceSettings, createTraceExporter } from './trace-exporter';
