/** The address of a demo, before it serves its day: a page with the progress of the simulation. */
import type { AddressInfo } from 'node:net';
import { ProgressModule, type SimulationProgress } from '@flexledger/dashboard';
import { AccessError } from '@flexledger/identity';
import { createHttpApp, readCertificate } from '@flexledger/service-kit';
import type { Config } from '../config/config';

export interface ServedProgress {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  readonly port: number;
  /** Gives the port free for what is served in its place. */
  close(): Promise<void>;
}

/**
 * Serves it where the platform will be.
 *
 * @param progress asked for every page
 * @throws Error when the port is taken or a certificate cannot be used
 */
export async function serveProgress(
  { host, port, tls }: Config['http'],
  progress: () => SimulationProgress,
  onProblem: (problem: string) => void,
): Promise<ServedProgress> {
  const http = await createHttpApp(ProgressModule.register(progress), {
    title: 'Flexledger',
    description: 'The day is still being simulated; the interface is there when it is whole.',
    host,
    port,
    ...(tls ? { tls: readCertificate(tls) } : {}),
    access: {
      verify: async () => {
        throw new AccessError('Nobody can sign in before the day is whole.');
      },
    },
    readiness: [
      {
        name: 'simulated day',
        check: async () => {
          throw new Error(progress().what);
        },
      },
    ],
    reads: { caughtUp: async () => {}, version: async () => 'none' },
    log: onProblem,
  });
  const { port: taken } = http.app.getHttpServer().address() as AddressInfo;
  return { url: http.url, port: taken, close: () => http.close() };
}
