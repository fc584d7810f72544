import { Command } from 'commander';
import type { AuditFlags } from './audit';
import { examples, UsageError } from '@flexledger/command-line';

/** `flexledger audit`: whether a log holds, one line a check; exit code 1 when it does not. */
export function auditCommand(): Command {
  return new Command('audit')
    .description('check a log against the chain and compute its sessions again')
    .argument('[session]', 'market session, like dayAhead-2026-03-16T23:00Z')
    .option('--all', 'the whole log', false)
    .option('--data <dir>', 'folder of the log', 'data')
    .option(
      '--log <url>',
      'address of a KurrentDB or PostgreSQL that keeps the log; the folder still has the chain',
    )
    .option('--rpc <url>', 'chain that holds the anchors; by default the one in the folder')
    .option(
      '--trust <file>',
      'what you hold of the log from before; the file remembers what was seen',
    )
    .option('--bundle <file>', 'a bundle in the place of a log; needs --trust and no folder')
    .option(
      '--against <mirror=dir>',
      'compare what the log was shown by a mirror with the folder of the log that it followed; may be repeated',
      (text: string, before: readonly string[]) => [...before, text],
      [],
    )
    .option(
      '--views',
      'compare the read models in the folder, which are served, with its log',
      false,
    )
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      examples(
        'flexledger audit --all --data data/day',
        'flexledger audit dayAhead-2026-03-16T23:00Z --data data/day --trust trust.json',
        'flexledger audit --views --data data/day',
        'flexledger audit --data data/dso --against market=data/market',
        'flexledger audit --bundle session.json --trust trust.json --rpc http://127.0.0.1:8545',
      ),
    )
    .action(async (session: string | undefined, flags: AuditFlags) => {
      if (flags.bundle !== undefined) {
        if (session !== undefined || flags.all) {
          throw new UsageError('A bundle is of one thing; leave the session and --all out.');
        }
        if (flags.trust === undefined) {
          throw new UsageError(
            'A bundle proves nothing by itself; name your trust file with --trust.',
          );
        }
        return (await import('./audit')).auditBundled(flags.bundle, flags.trust, flags);
      }
      if (flags.views) {
        if (session !== undefined || flags.all || flags.against.length > 0) {
          throw new UsageError(
            'Read models are compared as a whole; leave the session, --all and --against out, and audit the log by itself too.',
          );
        }
        return (await import('./audit-views')).auditViews(flags);
      }
      if (flags.against.length > 0) {
        if (session !== undefined || flags.all) {
          throw new UsageError(
            'Two logs are compared as a whole; leave the session and --all out, and audit each by itself too.',
          );
        }
        return (await import('./audit-against')).auditAgainst(flags);
      }
      if ((session === undefined) !== flags.all) {
        throw new UsageError('Name one market session, or audit the whole log with --all.');
      }
      await (await import('./audit')).audit(session, flags);
    });
}
