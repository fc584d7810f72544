/** What the thread of `readSeries` does: unpack and parse a file of somebody else. */
import type { DeclaredBaseline } from './baseline-declarations';
import { BaselineFileError } from './parse-baselines';
import { type SeriesBytes, type SeriesFormat, parseSeries, textOf, writtenIn } from './series-file';

/** A file, and what it is written in. */
export interface SeriesJob {
  readonly file: SeriesBytes;
  /** As its first sign says where absent. */
  readonly format?: SeriesFormat;
  readonly timeZone: string;
}

/** What it says, or all that is wrong with it. */
export type SeriesRead =
  | { readonly baselines: DeclaredBaseline[] }
  | { readonly wrong: Pick<BaselineFileError, 'faults' | 'place'> };

/** Reads it. */
export function work({ file, format, timeZone }: SeriesJob): SeriesRead {
  try {
    const text = textOf(file);
    return { baselines: parseSeries(text, format ?? writtenIn(text), timeZone) };
  } catch (error) {
    if (!(error instanceof BaselineFileError)) throw error;
    return { wrong: { faults: error.faults, place: error.place } };
  }
}
