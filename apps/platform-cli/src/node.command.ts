import { Command, InvalidArgumentError, Option } from 'commander';
import { examples } from '@flexledger/command-line';
import type { NodeFlags, RevokeFlags, TokenFlags } from './node';
import { ofPlatform } from './platform-flags';
import type { RotateKeyFlags } from './rotate-node-key';
import type { RunFlags } from './run-node';

/** `flexledger node`: Light Nodes of a running platform, and the program of a Light Node itself. */
export function nodeCommand(): Command {
  const command = new Command('node')
    .description('Light Nodes: run one, change its key; list, enrolment tokens, revoke, replace')
    .addHelpText(
      'after',
      examples(
        'flexledger node token IT002E60000001 --as aggregator:AGG1',
        'flexledger node list',
        'flexledger node run IT002E60000001 --token TOKEN --model abb-b23 --meter 127.0.0.1:502 --serial M-1',
        'flexledger node rotate-key IT002E60000001 --folder node',
        'flexledger node revoke IT002E60000001 --reason "box stolen"',
      ),
    );
  const add = (name: string, description: string): Command =>
    ofPlatform(command.command(name)).description(description);
  add('list', 'Light Nodes in the order of their PoDs').action(async (flags: NodeFlags) =>
    (await import('./node')).list(flags),
  );
  add('token', 'a one-time token with which a Light Node enrols for a PoD')
    .argument('<pod>', 'the PoD')
    .option('--replace', 'the node that enrols takes the place of the one that is there', false)
    .option('--minutes <n>', 'how long it counts', minutes, 1_440)
    .action(async (pod: string, flags: TokenFlags) => (await import('./node')).token(pod, flags));
  add('revoke', 'its key and credentials count no more; it is cut off')
    .argument('<pod>', 'the PoD')
    .requiredOption('--reason <text>', 'why')
    .action(async (pod: string, flags: RevokeFlags) => (await import('./node')).revoke(pod, flags));
  command
    .command('run')
    .description(
      'be the Light Node of a PoD: enrol with its token, then measure every quarter-hour',
    )
    .argument('<pod>', 'the PoD')
    .option('--url <url>', 'where the platform serves', 'http://127.0.0.1:8080')
    .option('--token <token>', 'the one-time token; once it has enrolled it is not looked at again')
    .option('--model <name>', 'model of the meter, sunspec, or a file of registers (.yaml)')
    .option('--meter <where>', 'host:port of Modbus TCP (502), or a serial line: /dev/ttyUSB0')
    .option('--unit <n>', 'its Modbus unit', unit, 1)
    .option('--serial <number>', 'its serial number')
    .option('--simulate <watts>', 'no meter: a plant that draws so much, to try it', watts)
    .addOption(baudOption())
    .addOption(new Option('--parity <parity>', 'of serial lines').choices(PARITIES).default('even'))
    .option(
      '--ems <where>',
      'EMS told by SunSpec 704: host:port or a serial line; by REST: https://...; by MQTT: mqtts://host/topic',
    )
    .addOption(
      new Option('--ems-power <unit>', 'in which it counts, by REST or MQTT')
        .choices(['W', 'kW'])
        .default('W'),
    )
    .option('--ems-token <token>', 'bearer token of an EMS by REST')
    .option('--local-port <n>', "where the customer's side asks on this machine", localPort)
    .option(
      '--other-meter <meter...>',
      'further meters that are tried every minute: MODEL@WHERE#UNIT',
      [],
    )
    .option('--power-every <s>', 'tell the active power every 1 to 10 s; 0: never', powerEvery, 10)
    .option('--ems-unit <n>', 'its Modbus unit', unit, 1)
    .option('--folder <dir>', 'key, credentials and outbox; another for each node', 'node')
    .option('--json', 'print one JSON object when it is connected', false)
    .action(async (pod: string, flags: RunFlags) =>
      (await import('./run-node')).runLightNode(pod, flags),
    );
  command
    .command('rotate-key')
    .description(
      'give the node in a folder a new key, named by its old one; its program is stopped',
    )
    .argument('<pod>', 'the PoD')
    .option('--url <url>', 'where the platform serves', 'http://127.0.0.1:8080')
    .option('--folder <dir>', 'the folder of the node', 'node')
    .option('--json', 'print one JSON object', false)
    .action(async (pod: string, flags: RotateKeyFlags) =>
      (await import('./rotate-node-key')).rotateNodeKey(pod, flags),
    );
  return command;
}

/** Of the library of nodes, which help shall not load. */
const BAUD_RATES = [300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200];
const PARITIES = ['none', 'even', 'odd'];

function baudOption(): Option {
  return new Option('--baud <n>', 'speed of serial lines')
    .choices(BAUD_RATES.map(String))
    .default('9600');
}

function watts(text: string): number {
  if (/^\d{1,7}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('give whole watts, 0 or more');
}

function powerEvery(text: string): number {
  if (/^\d{1,2}$/.test(text) && Number(text) <= 10) return Number(text);
  throw new InvalidArgumentError('give whole seconds from 1 to 10, or 0 for never');
}

function localPort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError('give a port from 0 to 65535');
}

function unit(text: string): number {
  if (/^\d{1,3}$/.test(text) && Number(text) <= 255) return Number(text);
  throw new InvalidArgumentError('give a Modbus unit from 0 to 255');
}

function minutes(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('give whole minutes, 1 or more');
}
