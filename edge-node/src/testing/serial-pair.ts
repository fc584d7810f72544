/** Two ends of a serial line, as pseudo-terminals; the kernel's own, by Python where it is installed. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';

/** Opens two terminals, says their names, and carries what one end says to the other, some bytes lost if told. */
const RELAY = `
import os, pty, select, sys, tty
ends = [pty.openpty() for _ in range(2)]
for _, slave in ends:
    tty.setraw(slave)
print(' '.join(os.ttyname(slave) for _, slave in ends), flush=True)
masters = [master for master, _ in ends]
dropping = 0
while True:
    ready, _, _ = select.select([0] + masters, [], [])
    if 0 in ready:
        line = sys.stdin.readline()
        if not line:
            break
        dropping = int(line)
    for index, master in enumerate(masters):
        if master not in ready:
            continue
        data = os.read(master, 4096)
        lost = min(dropping, len(data)) if index == 1 else 0
        dropping -= lost
        os.write(masters[1 - index], data[lost:])
`;

/** What lacks on this machine for a pair; undefined where nothing does. */
export function lacksForSerial(): string | undefined {
  if (process.platform !== 'linux') return 'pseudo-terminals are tried on Linux';
  return spawnSync('python3', ['-c', 'import pty']).status === 0
    ? undefined
    : 'there is no python3';
}

export interface SerialPair {
  /** The node's end, and the device's. */
  readonly near: string;
  readonly far: string;
  /** So many of the next bytes that the device says are lost. */
  lose(bytes: number): void;
  close(): Promise<void>;
}

export async function openSerialPair(): Promise<SerialPair> {
  const relay: ChildProcess = spawn('python3', ['-u', '-c', RELAY]);
  const names = await new Promise<string>((resolve, reject) => {
    relay.stdout!.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
    relay.once('close', () => reject(new Error('The serial pair ended by itself.')));
  });
  const [near, far] = names.split(' ') as [string, string];
  return {
    near,
    far,
    lose: (bytes) => void relay.stdin!.write(`${bytes}\n`),
    close: () =>
      new Promise((resolve) => {
        relay.once('close', () => resolve());
        relay.kill('SIGKILL');
      }),
  };
}
