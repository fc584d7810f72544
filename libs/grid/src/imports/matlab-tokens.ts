import { GridModelError } from '../model/grid-model-error';

/** One word of a MATLAB script; `spaceBefore` matters inside brackets, where it separates. */
export interface Token {
  readonly kind: 'number' | 'name' | 'text' | 'symbol' | 'newline';
  readonly text: string;
  readonly line: number;
  readonly spaceBefore: boolean;
}

const number = /(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?/y;
/** A name with its fields, such as `mpc.bus`. */
const name = /[A-Za-z]\w*(?:\.[A-Za-z]\w*)*/y;
const symbol = /\.[*/^']|[-+*/^=()[\]{},;:~&|<>']/y;

/**
 * Splits a MATLAB script into words: comments (`%`, `%{ ... %}`) and continuations (`...`) are gone,
 * the rest of the lines stands.
 *
 * @throws GridModelError naming the line of a character that MATLAB does not know.
 */
export function matlabTokens(script: string): Token[] {
  const tokens: Token[] = [];
  let inBlockComment = 0;
  let continued = false;
  script.split(/\r\n|\r|\n/).forEach((source, index) => {
    const trimmed = source.trim();
    if (trimmed === '%{') inBlockComment++;
    if (inBlockComment > 0) {
      if (trimmed === '%}') inBlockComment--;
      return;
    }
    const { words, continues } = lineTokens(source, index + 1, continued);
    tokens.push(...words);
    continued = continues;
    if (!continues) {
      tokens.push({ kind: 'newline', text: '\n', line: index + 1, spaceBefore: false });
    }
  });
  return tokens;
}

function lineTokens(
  source: string,
  line: number,
  spaceBeforeFirst: boolean,
): { words: Token[]; continues: boolean } {
  const words: Token[] = [];
  let at = 0;
  let spaceBefore = spaceBeforeFirst;
  while (at < source.length) {
    const character = source[at]!;
    if (/\s/.test(character)) {
      spaceBefore = true;
      at++;
      continue;
    }
    if (character === '%') break;
    if (source.startsWith('...', at)) return { words, continues: true };
    const token = tokenAt(source, at, line, isTransposeAfter(words.at(-1), spaceBefore));
    words.push({ ...token, line, spaceBefore });
    at += token.length;
    spaceBefore = false;
  }
  return { words, continues: false };
}

/** A quote right after an operand transposes it; anywhere else it opens a text. */
const isTransposeAfter = (before: Token | undefined, spaceBefore: boolean): boolean =>
  before !== undefined &&
  !spaceBefore &&
  (before.kind === 'name' || before.kind === 'number' || /[)\]}']/.test(before.text));

function tokenAt(
  source: string,
  at: number,
  line: number,
  quoteTransposes: boolean,
): { kind: Token['kind']; text: string; length: number } {
  const quote = source[at]!;
  if (quote === '"' || (quote === "'" && !quoteTransposes)) {
    const text = new RegExp(`${quote}((?:[^${quote}]|${quote}${quote})*)${quote}`, 'y');
    text.lastIndex = at;
    const match = text.exec(source);
    if (match === null) {
      throw new GridModelError(`line ${line}`, 'a text is not closed', 'Add the missing quote');
    }
    const unescaped = match[1]!.replaceAll(quote + quote, quote);
    return { kind: 'text', text: unescaped, length: match[0].length };
  }
  for (const [kind, pattern] of [
    ['number', number],
    ['name', name],
    ['symbol', symbol],
  ] as const) {
    pattern.lastIndex = at;
    const text = pattern.exec(source)?.[0];
    if (text !== undefined) return { kind, text, length: text.length };
  }
  throw new GridModelError(
    `line ${line}`,
    `the character ${JSON.stringify(quote)} is not understood`,
    'Remove it',
  );
}
