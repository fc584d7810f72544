export { benchCommand } from './bench.command';
