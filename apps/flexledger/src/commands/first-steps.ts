/** What to do with a market that has nobody in it yet. */
import path from 'node:path';

/** The first three steps, each with commands that work as they stand; the secret and the token are one's own. */
export function firstSteps(url: string, dataDir: string): readonly string[] {
  const here = `--url ${url} --data ${dataDir}`;
  const pod = {
    podId: 'IT001E00000001',
    aggregatorId: 'ALFA',
    customerKind: 'household',
    contractedPowerW: 3_000,
    annualEnergyKwh: 2_700,
    pvPeakW: 0,
    wallet: `0x${'00'.repeat(19)}aa`,
  };
  return [
    '',
    'The market is empty. The first three steps, in another terminal:',
    '1. An aggregator, and a program of its own, whose secret is shown once:',
    `   npx flexledger party add aggregator:ALFA --name 'Alfa Energia' ${here}`,
    `   npx flexledger client add alfa --party aggregator:ALFA ${here}`,
    '2. Its first customer; with SECRET as it was shown:',
    `   TOKEN=$(curl -s ${url}/oauth/token -d grant_type=client_credentials -d client_id=alfa \\`,
    '     -d client_secret=SECRET | sed \'s/.*"access_token":"\\([^"]*\\)".*/\\1/\')',
    `   curl -s ${url}/api/v1/pods -H "authorization: Bearer $TOKEN" \\`,
    `     -H 'content-type: application/json' -d '${JSON.stringify(pod)}'`,
    "3. The customer's Light Node; with the token that the first command shows:",
    `   npx flexledger node token ${pod.podId} --as aggregator:ALFA ${here}`,
    `   npx flexledger node run ${pod.podId} --token NODE_TOKEN --simulate 500 --url ${url} \\`,
    `     --folder ${path.join(path.dirname(dataDir), 'node')}`,
    `All else is at ${url}/api/docs; "npx flexledger demo" shows a whole market day.`,
    '',
  ];
}
