/**
 * Completion for shells, written from the commands themselves: for each command, and each below it, the
 * words that may come next. Where none fits, the shell completes names of files.
 */
import type { Command } from 'commander';

/** What may follow a command. */
export interface Words {
  /** The command as typed, `flexledger grid solve`. */
  readonly place: string;
  readonly found: readonly Word[];
}

export interface Word {
  readonly word: string;
  readonly about: string;
}

/** The words after a program and each of its commands, from the top down. */
export function wordsOf(command: Command, above = ''): Words[] {
  const place = `${above} ${command.name()}`.trim();
  const commands = command.commands.map((one) => ({ word: one.name(), about: one.description() }));
  const values = command.registeredArguments.flatMap(({ argChoices = [], description }) =>
    argChoices.map((word) => ({ word, about: description })),
  );
  const options = command.options.flatMap(({ long, description }) =>
    long ? { word: long, about: description } : [],
  );
  const help = { word: '--help', about: 'what it takes' };
  return [
    { place, found: [...commands, ...values, ...options, help] },
    ...command.commands.flatMap((one) => wordsOf(one, place)),
  ];
}

/** A script that the shell is to read. */
export function completionScript(shell: 'bash' | 'zsh', words: readonly Words[]): string {
  return shell === 'bash' ? bash(words) : zsh(words);
}

/** The arms of a `case` that follow what was typed down to the command it names. */
function descent(words: readonly Words[]): string {
  const below = words.slice(1).map(({ place }) => quoted(place));
  return below.join(' | ');
}

function bash(words: readonly Words[]): string {
  const arms = words.map(
    ({ place, found }) =>
      `    ${quoted(place)}) words=${quoted(found.map(({ word }) => word).join(' '))} ;;`,
  );
  return `# Completion of flexledger for bash; source it.
_flexledger() {
  local place=flexledger words= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$place \${COMP_WORDS[i]}" in
      ${descent(words)}) place="$place \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$place" in
${arms.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _flexledger flexledger`;
}

function zsh(words: readonly Words[]): string {
  const arms = words.map(({ place, found }) => {
    const entries = found.map(({ word, about }) =>
      quoted(`${word.replaceAll(':', '\\:')}:${about}`),
    );
    return `    ${quoted(place)}) found=(${entries.join(' ')}) ;;`;
  });
  return `#compdef flexledger
# Completion of flexledger for zsh, as _flexledger in a folder of fpath.
_flexledger() {
  local place=flexledger i
  local -a found
  for ((i = 2; i < CURRENT; i++)); do
    case "$place \${words[i]}" in
      ${descent(words)}) place="$place \${words[i]}" ;;
    esac
  done
  case "$place" in
${arms.join('\n')}
  esac
  _describe flexledger found || _files
}
if [ "$funcstack[1]" = _flexledger ]; then _flexledger "$@"; else compdef _flexledger flexledger; fi`;
}

/** One word for the shell, whatever stands in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
