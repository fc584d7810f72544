import { markOf } from './event-id';

/**
 * Which commands have written to a stream lately, and where their first event stands. Sixteen bytes a
 * command: what is looked up here is compared with the log before it counts.
 */
export class RecentCommands {
  /** First 48 bits of marks, which a number holds exactly, oldest first. */
  private readonly marks: number[] = [];
  private readonly revisions: number[] = [];

  /** @param limit at least so many are remembered, and at most twice as many */
  constructor(private readonly limit: number) {}

  /** Takes an event of the stream in, in the order of revisions. */
  see(eventId: string, revision: number): void {
    if (this.limit === 0) return;
    const mark = shortened(markOf(eventId));
    if (this.marks.at(-1) === mark) return;
    this.marks.push(mark);
    this.revisions.push(revision);
    if (this.marks.length < 2 * this.limit) return;
    this.marks.splice(0, this.limit);
    this.revisions.splice(0, this.limit);
  }

  /** Where the first event of a command may stand; undefined when none is remembered. */
  find(mark: string): number | undefined {
    const index = this.marks.indexOf(shortened(mark));
    return index < 0 ? undefined : this.revisions[index];
  }
}

function shortened(mark: string): number {
  return parseInt(mark.slice(0, 12), 16);
}
