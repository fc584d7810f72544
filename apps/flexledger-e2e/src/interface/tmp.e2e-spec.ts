import { writeFileSync } from 'node:fs';
import request from 'supertest';
import { openMarketAtGate } from '../testing/market-at-gate';
it('x', async () => {
  const m = await openMarketAtGate();
  const { body } = await request(m.url).get('/api/docs/openapi.json');
  writeFileSync('/tmp/api-doc1.json', JSON.stringify(body, null, 1));
  console.log((await request(m.url).get('/api/docs/platforms/market-platform.json')).text.length, (await request(m.url).get('/api/docs/platforms/x.json')).text);
  await m.close();
});
