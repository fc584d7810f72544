import { spawnSync } from 'node:child_process';

/** The Python that runs the examples: `EXAMPLES_PYTHON` names one that has their packages. */
export const PYTHON = process.env['EXAMPLES_PYTHON'] ?? 'python3';

/** Whether it is there, with the packages that the examples need. */
export const hasPython =
  spawnSync(PYTHON, ['-c', 'import paho.mqtt.client, cryptography']).status === 0;
