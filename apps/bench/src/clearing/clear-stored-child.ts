/** Entry of a process of its own: clears the stored session of a log file. */
import { answerApart } from '../run-apart';
import { clearStored } from './clear-stored';
import { BENCH_SESSION } from './market-log';

void clearStored(process.argv[2]!, BENCH_SESSION).then(answerApart);
