export { solverApart } from './solver-apart';
