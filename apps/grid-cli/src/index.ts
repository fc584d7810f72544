export { gridCommand } from './grid.command';
