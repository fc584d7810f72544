/**
 * Bodies longer than a request may be otherwise: JSON, a row a line (`application/x-ndjson`), read as it comes once it is known
 * who speaks, and checked line by line. Only routes with `@JsonLines` take them, and they take nothing else.
 */
import {
  BadRequestException,
  type CanActivate,
  type ExecutionContext,
  PayloadTooLargeException,
  SetMetadata,
  UnsupportedMediaTypeException,
  applyDecorators,
} from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import { ApiConsumes } from '@nestjs/swagger';
import type { Readable } from 'node:stream';
import type { Request } from 'express';
import { unfitIn } from './unfit-body';

export const LINES_TYPE = 'application/x-ndjson';

/** Of one row: one of a whole day in 96 numbers has a kilobyte. */
const LINE_LIMIT_BYTES = 65_536;
/** Of all rows on average, empty lines with them: they are kept until the last one is there. */
const ROW_BYTES = 4_096;

/** Metadata of a route that reads lines. */
const READS_LINES = 'flexledger/reads-lines';

/** The route reads its body by `linesOf`. */
export function JsonLines(): MethodDecorator {
  return applyDecorators(SetMetadata(READS_LINES, true), ApiConsumes(LINES_TYPE));
}

/** Lets bodies of lines through to the routes that read them, and to those no others. */
export class LinesGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    const readsLines = this.reflector.get<boolean>(READS_LINES, context.getHandler()) ?? false;
    const isLines = typeof request.is(LINES_TYPE) === 'string';
    if (readsLines === isLines) return true;
    throw new UnsupportedMediaTypeException(
      readsLines
        ? `Send the rows as JSON, one a line, as Content-Type: ${LINES_TYPE}.`
        : 'The body is said to be lines of JSON; send one JSON text, as Content-Type: application/json.',
    );
  }
}

/**
 * The rows of a body, as they come; empty lines are none.
 *
 * @param mostRows beyond them nothing more is read
 * @throws BadRequestException naming the line that is no JSON or cannot be taken; PayloadTooLargeException
 */
export async function* linesOf(request: Readable, mostRows: number): AsyncGenerator<unknown> {
  let rows = 0;
  let line = 0;
  let rest: Buffer = Buffer.alloc(0);
  let left = LINE_LIMIT_BYTES + mostRows * ROW_BYTES;
  const rowsIn = function* (texts: readonly string[]): Generator<unknown> {
    for (const text of texts) {
      line += 1;
      if (text.trim() === '') continue;
      rows += 1;
      if (rows > mostRows) {
        throw new PayloadTooLargeException(`The body has more than ${mostRows} rows.`);
      }
      yield rowOf(text, line);
    }
  };
  try {
    for await (const chunk of chunksOf(request)) {
      left -= chunk.length;
      if (left < 0) {
        throw new PayloadTooLargeException(`The body is longer than ${mostRows} rows can be.`);
      }
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const end = bytes.lastIndexOf(0x0a);
      rest = bytes.subarray(end + 1);
      if (rest.length > LINE_LIMIT_BYTES) {
        throw new PayloadTooLargeException(
          `Line ${line + 1} of the body has more than ${LINE_LIMIT_BYTES} bytes.`,
        );
      }
      if (end >= 0) yield* rowsIn(bytes.toString('utf8', 0, end).split('\n'));
    }
    yield* rowsIn([rest.toString('utf8')]);
  } finally {
    // Whoever is refused is answered on the same connection, and goes on with it once all was sent.
    request.resume();
  }
}

const chunksOf = (request: Readable): AsyncIterable<Buffer> =>
  request.iterator({ destroyOnReturn: false });

function rowOf(text: string, line: number): unknown {
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch {
    throw new BadRequestException(`Line ${line} of the body is no JSON.`);
  }
  const fault = unfitIn(row);
  if (fault !== undefined) throw new BadRequestException(`Line ${line}: ${fault}`);
  return row;
}
