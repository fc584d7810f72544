import type { LogServer, LogServerOptions } from './log-server';

/** `startLogServer`, whose code is loaded only where a log is served. @throws Error when the port is taken */
export async function serveLog(options: LogServerOptions): Promise<LogServer> {
  const { startLogServer } = await import('./log-server');
  return startLogServer(options);
}
