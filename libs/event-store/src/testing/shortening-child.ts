/**
 * The process that `archive-kill.int-spec.ts` kills while it makes a log's file shorter: as SQLite does for that, it
 * has written a part of the file anew, and how it was into a journal beside it. Argument: the log's path.
 */
import { writeSync } from 'node:fs';
import Database from 'libsql';

const db = new Database(process.argv[2]!);
db.pragma('journal_mode = DELETE');
// What is changed goes to the file at once.
db.pragma('cache_size = 5');
db.exec("BEGIN IMMEDIATE; UPDATE events SET actor = 'nobody' || position");
writeSync(1, 'half-written\n');
setInterval(() => {}, 1_000);
