/** The configuration of a fleet: simulated nodes in one process, for load. */
import { POD_ID } from '@flexledger/domain';
import { checkOf, checkedYaml, record } from './checked-yaml';
import { inFile } from './node-config';

export interface FleetConfig {
  /** A folder in it for each node, named by its PoD. */
  readonly folder: string;
  readonly platform: {
    /** REST interface: `https://market.example`. */
    readonly url: string;
    /** A line a node: `IT002E60000001,TOKEN`. The token is not needed once the node has enrolled. */
    readonly tokensFile: string;
  };
  /** 1 to 10; 0, or absent, for never. */
  readonly powerEverySeconds?: number;
  /** A node that has measured nothing yet begins with so many quarter-hours that wait, signed; 0 when absent. */
  readonly backlogQuarterHours?: number;
  /** What each node's outbox may take of the disk; 1 MB when absent. */
  readonly outboxBytes?: number;
}

/** One line of a tokens file. */
export interface Invited {
  readonly podId: string;
  readonly token?: string;
}

const text = { type: 'string', minLength: 1 };
const whole = (minimum: number, maximum: number) => ({ type: 'integer', minimum, maximum });

const check = checkOf<FleetConfig>(
  record(
    { folder: text, platform: record({ url: text, tokensFile: text }) },
    {
      powerEverySeconds: whole(0, 10),
      backlogQuarterHours: whole(0, 96 * 366),
      outboxBytes: whole(4_096, 2 ** 40),
    },
  ),
);

/** @throws NodeConfigUnusable naming the file and what is wrong */
export function readFleetConfig(file: string): FleetConfig {
  return inFile(file, (content) => checkedYaml(content, check));
}

/** The first `count` of a tokens file. @throws NodeConfigUnusable naming the line that is wrong, or how many there are */
export function readTokens(file: string, count: number): Invited[] {
  return inFile(file, (content) => {
    const lines = content.split('\n').filter((line) => line.trim() !== '');
    const invited = lines.map((line, index) => {
      const [podId = '', token] = line.trim().split(',');
      if (!POD_ID.test(podId)) throw new Error(`line ${index + 1} does not begin with a PoD code`);
      return { podId, ...(token && { token }) };
    });
    if (new Set(invited.map(({ podId }) => podId)).size < invited.length) {
      throw new Error('it names a PoD twice');
    }
    if (invited.length >= count) return invited.slice(0, count);
    throw new Error(`it has ${invited.length} PoDs for a fleet of ${count}`);
  });
}
