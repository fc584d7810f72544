/** Entry of a process of its own: the nodes of the bench. */
import { answerApart } from '../run-apart';
import { type Load, generateLoad } from './generate-load';

const [broker, load] = process.argv.slice(2, 4).map((text) => JSON.parse(text) as unknown);
void generateLoad(broker as { host: string; port: number }, load as Load).then(answerApart);
