import { spawnSync } from 'node:child_process';

/** The Python that runs the examples: `FLEXLEDGER_PYTHON` names one that has their packages. */
export const PYTHON = process.env['FLEXLEDGER_PYTHON'] ?? 'python3';

/** Whether it is there, with the packages that the examples need. */
export const hasPython =
  spawnSync(PYTHON, ['-c', 'import paho.mqtt.client, cryptography']).status === 0;
