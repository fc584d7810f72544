/** What a served day's log proves to anyone and shows to its parties. */
import { sha256, verifyEd25519 } from '@flexledger/identity';
import {
  decodeEntryBundle,
  leafHash,
  merkleRoot,
  verifyCheckpoint,
  verifyConsistency,
  verifyInclusion,
} from '@flexledger/merkle-log';
import type { CheckpointDocument } from '@flexledger/projections';
import type { CloudEvent } from '@flexledger/service-kit';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020';
import request from 'supertest';
import { auditBundle, readBundle } from '@flexledger/audit';
import { createNodeTools, exportTrust } from '@flexledger/audit-cli';
import type { CertifiedPacket } from '@flexledger/certifier';
import { LOG_ORIGIN } from '@flexledger/composer';
import { readFrames, tokenOf } from './testing/http-client';
import { positionsOf } from './testing/positions';
import type { ServedDay } from './testing/served-day';
import { failing } from './audit/testing/simulated-day';

/** A row of an outcome or a settlement, as far as it is looked at here. */
interface Named {
  readonly aggregatorId: string;
}

interface CertifiedItem {
  readonly index: number;
  readonly hash: string;
  readonly event?: CloudEvent;
}

const bytes = (hex: string): Uint8Array => Buffer.from(hex, 'hex');
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');

/**
 * @param served the day, once it is there
 * @param pods how many PoDs it was simulated with
 */
export function logOfDayTests(served: () => ServedDay, pods: number): void {
  const open = () => request(served().url);
  const podsOf = async (aggregator: string): Promise<string[]> => {
    const { body } = await served().as('operator').get('/api/v1/pods?limit=1000');
    const items = body.items as { readonly podId: string; readonly aggregatorId: string }[];
    return items.filter((pod) => pod.aggregatorId === aggregator).map(({ podId }) => podId);
  };

  describe('the transparency log', () => {
    it('proves to anyone that each event is under a signed root', async () => {
      const { text: note } = await open().get('/api/v1/log/checkpoint').expect(200);
      const { body: feed } = await served()
        .as('auditor')
        .get('/api/v1/events?types=CertifierStarted');
      const publicKey = bytes((feed.items[0] as { data: { publicKey: string } }).data.publicKey);
      const checkpoint = verifyCheckpoint(
        sha256,
        note,
        { origin: LOG_ORIGIN, key: { name: LOG_ORIGIN, publicKey } },
        verifyEd25519,
      );
      const { body } = await served().as('auditor').get('/api/v1/events?limit=1000');
      for (const { position, hash } of (body.items as CloudEvent[]).filter(
        (_, index) => index % 97 === 0,
      )) {
        const { body: claim } = await open().get(`/api/v1/log/inclusion?position=${position}`);
        const leaf = leafHash(sha256, bytes(hash));
        expect(claim).toMatchObject({
          leafHash: hex(leaf),
          size: checkpoint.size,
          root: hex(checkpoint.root),
        });
        const proof = (claim.proof as string[]).map(bytes);
        const { size, root } = checkpoint;
        expect(
          verifyInclusion(sha256, { leafHash: leaf, index: position, size, root, proof }),
        ).toBe(true);
      }
    });

    it('proves that it only ever grew', async () => {
      const { body } = await open().get('/api/v1/anchors?limit=2').expect(200);
      const [later, earlier] = body.items as CheckpointDocument[];
      const sizes = `from=${earlier!.size}&to=${later!.size}`;
      const { body: claim } = await open().get(`/api/v1/log/consistency?${sizes}`).expect(200);
      const proved = verifyConsistency(sha256, {
        firstSize: earlier!.size,
        firstRoot: bytes(earlier!.root),
        secondSize: later!.size,
        secondRoot: bytes(later!.root),
        proof: (claim.proof as string[]).map(bytes),
      });
      expect(proved).toBe(true);
      const { txHash } = later!.anchor!;
      const byTransaction = `/api/certification/getByTransaction?transaction=${txHash}`;
      expect((await open().get(byTransaction)).body).toMatchObject({
        transaction: txHash,
        firstPosition: earlier!.size,
        size: later!.size,
      });
      expect((await open().get(`${byTransaction}&format=platone`)).body).toEqual({
        hashedData: later!.root,
        owner: 'Market Operator',
        createdAt: later!.anchor!.anchoredAt,
        transactionHash: txHash,
      });
    });

    it('gives the certified events themselves, page by page, to each what it is shown', async () => {
      const { body: anchors } = await open().get('/api/v1/anchors?limit=20');
      // One that certifies some of everything, and a measurement among it.
      const { anchor, size } = (anchors.items as CheckpointDocument[]).at(-1)!;
      const path = `/api/certification/getByTransaction?transaction=${anchor!.txHash}`;
      const pages = async (ask: (page: string) => request.Test | Promise<request.Test>) => {
        const items: CertifiedItem[] = [];
        let first = 0;
        for (let cursor = ''; ;) {
          const { body } = await ask(`${path}&limit=7${cursor}`);
          first = body.firstIndex;
          items.push(...body.items);
          if (body.next === null) return { first, items };
          cursor = `&cursor=${body.next}`;
        }
      };
      const { first, items } = await pages((page) => open().get(page));
      expect(items.map(({ index }) => index)).toEqual(
        Array.from({ length: size - first }, (_, nth) => first + nth),
      );
      expect(items.some(({ event }) => event)).toBe(false);
      const all = await pages((page) => served().as('auditor').get(page));
      expect(all.items.map(({ event }) => event?.hash)).toEqual(items.map(({ hash }) => hash));
      const own = await pages((page) => served().as('aggregator:AGG1').get(page));
      const shown = own.items.flatMap(({ event }) => event ?? []);
      expect(shown.length).toBeLessThan(items.length);
      const pods = await podsOf('AGG1');
      for (const { type, data } of shown) {
        if (type !== 'flexledger.MeasurementRecorded') continue;
        expect(pods).toContain((data as { readonly podId: string }).podId);
      }
      await open().get(path).set('authorization', 'Bearer none').expect(401);
      await open().get(`${path}&cursor=999999999`).expect(400);
    });

    it('gives a packet as certified in one call, which is checked offline', async () => {
      const [podId] = await podsOf('AGG1');
      const path = `/api/v1/pods/${podId}/measurements/3/certified`;
      const { body } = await served().as('aggregator:AGG1').get(path);
      const { packet, anchor } = body as CertifiedPacket;
      expect(packet).toMatchObject({ podId, inputData: { sequence: 3 } });
      expect(packet.transactionId).toBe(anchor.txHash);
      const { anchorContract } = served().platform.chain;
      expect(anchor.contract).toBe(anchorContract.address);
      const trust = await exportTrust({ dataDir: served().dataDir });
      const audited = (bundle: unknown) =>
        auditBundle(readBundle(bundle), { trust, chain: 'not asked' }, createNodeTools());
      expect(failing(await audited(body))).toEqual([]);
      const inputData = { ...packet.inputData, injectedWh: 1 };
      const forged = { ...body, packet: { ...packet, inputData } };
      expect(failing(await audited(forged))).toEqual(['hashes']);
      const { status, body: refusal } = await served().as('aggregator:AGG2').get(path);
      expect([status, refusal.code]).toEqual([404, 'packet-unknown']);
    });

    it('is there as tiles that hash to the root', async () => {
      const [latest] = (await open().get('/api/v1/anchors?limit=1')).body
        .items as CheckpointDocument[];
      const entries: Uint8Array[] = [];
      for (let index = 0; index * 256 < latest!.size; index += 1) {
        const width = Math.min(256, latest!.size - index * 256);
        const name = String(index).padStart(3, '0');
        const path = `/api/v1/log/tile/entries/${name}${width === 256 ? '' : `.p/${width}`}`;
        const { body } = await open().get(path).responseType('blob').expect(200);
        entries.push(...decodeEntryBundle(body as Buffer));
      }
      expect(hex(merkleRoot(sha256, entries))).toBe(latest!.root);
      const { body: tile } = await open()
        .get('/api/v1/log/tile/0/000')
        .responseType('blob')
        .expect(200);
      expect(tile).toEqual(
        Buffer.concat(entries.slice(0, 256).map((entry) => leafHash(sha256, entry))),
      );
      await open().get('/api/v1/log/tile/0/999').expect(404);
    });

    it.each([
      ['/api/v1/log/inclusion', 'position'],
      ['/api/v1/log/inclusion?position=99999999', 'position'],
      ['/api/v1/log/inclusion?position=0&size=99999999', 'size'],
      ['/api/v1/log/consistency?from=-1', 'from'],
      ['/api/certification/getByTransaction?transaction=0x1', 'transaction'],
    ])('answers GET %s by the field %s', async (path, field) => {
      const { body } = await open().get(path).expect(400);
      expect(body.errors).toContainEqual({ field, reason: expect.any(String) });
    });

    it('knows no other transactions', async () => {
      const path = `/api/certification/getByTransaction?transaction=0x${'00'.repeat(32)}`;
      expect((await open().get(path).expect(404)).body.code).toBe('transaction-unknown');
    });
  });

  describe('the events', () => {
    it('come page by page until the log ends', async () => {
      const types: string[] = [];
      for (let after: number | null = -1; after !== null;) {
        const page = `/api/v1/events?limit=1000&after=${after}`;
        const { body } = await served().as('auditor').get(page);
        types.push(...(body.items as CloudEvent[]).map(({ type }) => type));
        after = body.next as number | null;
      }
      expect(types).toHaveLength((await positionsOf(served().platform.store)).length);
      expect(types.filter((type) => type === 'flexledger.PodRegistered')).toHaveLength(pods);
    });

    it('are shown to a party as far as they are its own, of results and settlements its rows', async () => {
      const types =
        'FlexibilityOffered,FlexibilityRequested,MeasurementRecorded,SetpointReceived,' +
        'ResultPublished,SettlementComputed';
      const seenBy = async (actor: string): Promise<CloudEvent[]> => {
        const seen: CloudEvent[] = [];
        for (let after: number | null = -1; after !== null;) {
          const page = `/api/v1/events?limit=1000&types=${types}&after=${after}`;
          const { body } = await served().as(actor).get(page);
          seen.push(...(body.items as CloudEvent[]));
          after = body.next as number | null;
        }
        return seen;
      };
      const all = await seenBy('auditor');
      const rowsOf = (events: readonly CloudEvent[], type: string) =>
        events
          .filter((event) => event.type === `flexledger.${type}`)
          .flatMap(({ data }) => (data as { rows: readonly Named[] }).rows);
      const pods = await served().as('operator').get('/api/v1/pods?limit=1000');
      const ofAgg2 = (pods.body.items as { podId: string; aggregatorId: string }[])
        .filter(({ aggregatorId }) => aggregatorId === 'AGG2')
        .map(({ podId }) => podId);
      const podsIn = (events: readonly CloudEvent[], type: string) =>
        events
          .filter((event) => event.type === `flexledger.${type}`)
          .map(({ data }) => (data as { podId: string }).podId);

      const own = await seenBy('aggregator:AGG2');
      for (const type of ['ResultPublished', 'SettlementComputed']) {
        const expected = rowsOf(all, type).filter(({ aggregatorId }) => aggregatorId === 'AGG2');
        expect(expected.length).toBeGreaterThan(0);
        expect(rowsOf(own, type)).toEqual(expected);
      }
      for (const type of ['MeasurementRecorded', 'SetpointReceived']) {
        const expected = podsIn(all, type).filter((podId) => ofAgg2.includes(podId));
        expect(expected.length).toBeGreaterThan(0);
        expect(podsIn(own, type)).toEqual(expected);
      }
      expect(JSON.stringify(own)).not.toMatch(/"AGG[13]"/);
      const ofDso = await seenBy('dso');
      // It validates the whole outcome, and is shown the whole result.
      expect(JSON.stringify(rowsOf(ofDso, 'ResultPublished'))).toContain('"TSO"');
      expect(rowsOf(ofDso, 'ResultPublished').length).toBeGreaterThan(0);
      expect(ofDso.filter(({ type }) => type === 'flexledger.FlexibilityOffered')).toEqual([]);
    });

    it('hold to the schemas that are served, as the stream gives them, whole and in part', async () => {
      const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true });
      const schemas = new Map<string, ValidateFunction>();
      const schemaOf = async ({ type, schemaversion }: CloudEvent) => {
        const path = `/schemas/${type.replace('flexledger.', '')}/${schemaversion}.json`;
        if (!schemas.has(path)) {
          const answer = await fetch(served().url + path);
          expect([path, answer.status]).toEqual([path, 200]);
          schemas.set(path, ajv.compile((await answer.json()) as object));
        }
        return schemas.get(path)!;
      };
      const count = (await positionsOf(served().platform.store)).length;
      const own = await served().as('aggregator:AGG2').get('/api/v1/events?limit=1000');
      for (const [actor, frames] of [
        ['auditor', count],
        ['aggregator:AGG2', Math.min(own.body.items.length as number, 500)],
      ] as const) {
        const authorization = `Bearer ${await tokenOf(served().url, served().dataDir, actor)}`;
        const events = await readFrames(`${served().url}/api/v1/events`, { authorization }, frames);
        for (const frame of events) {
          const event = frame.data as unknown as CloudEvent;
          const valid = await schemaOf(event);
          valid(event.data);
          expect([event.type, event.position, valid.errors]).toEqual([
            event.type,
            event.position,
            null,
          ]);
        }
      }
      expect(schemas.size).toBeGreaterThan(30);
    });

    it('hold to the messages of the AsyncAPI document, each to its own', async () => {
      const answer = await fetch(`${served().url}/api/docs/asyncapi.json`);
      const document = (await answer.json()) as {
        readonly components: { readonly messages: Readonly<Record<string, { payload: object }>> };
      };
      const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
      const { components } = document;
      ajv.addSchema({ components }, 'https://flexledger.example/async');
      const messageOf = (type: string): ValidateFunction => {
        const place = `components/messages/${type.replace('flexledger.', '')}/payload`;
        return ajv.getSchema(`https://flexledger.example/async#/${place}`)!;
      };
      const { body } = await served().as('auditor').get('/api/v1/events?limit=1000');
      const events = body.items as (CloudEvent & { readonly type: string })[];
      expect(events.length).toBeGreaterThan(500);
      for (const event of events) {
        const valid = messageOf(event.type);
        valid(event);
        expect([event.type, event.position, valid.errors]).toEqual([
          event.type,
          event.position,
          null,
        ]);
      }
      const [first] = events;
      expect(messageOf('flexledger.MeasurementRecorded')(first)).toBe(false);
    });

    it('of a wrong shape do not hold to them; what there is no schema of is not there', async () => {
      const answer = await fetch(`${served().url}/schemas/MeasurementRecorded/1.json`);
      expect(answer.headers.get('content-type')).toContain('application/schema+json');
      expect(answer.headers.get('cache-control')).toBe('public, max-age=3600');
      const valid = new Ajv2020({ strictTypes: false }).compile((await answer.json()) as object);
      expect(valid({ podId: 'IT002E60000000' })).toBe(false);
      for (const path of ['NoSuchEvent/1', 'MeasurementRecorded/999', 'constructor/1']) {
        expect((await fetch(`${served().url}/schemas/${path}.json`)).status).toBe(404);
      }
    });

    it('follow the log as a stream that resumes after the last one seen', async () => {
      const { store, customers } = served().platform;
      const [seen, ...last] = (await positionsOf(store)).slice(-3);
      const authorization = `Bearer ${await tokenOf(served().url, served().dataDir, 'auditor')}`;
      const resumed = { authorization, 'last-event-id': String(seen) };
      const frames = readFrames(`${served().url}/api/v1/events`, resumed, 3);
      const availability = { podId: 'IT002E60000000', deliveryDay: '2026-04-01', available: false };
      const command = { kind: 'changeAvailability', ...availability } as const;
      await customers.ports.register.submit([command], {
        requestId: 'stream',
        actor: 'customer:IT002E60000000',
      });
      const positions = (await frames).map(({ id }) => id);
      const added = await store.head();
      expect(positions).toEqual([...last, added]);
      expect((await frames)[2]!.data).toMatchObject({
        specversion: '1.0',
        type: 'flexledger.AvailabilityChanged',
        data: availability,
        subject: 'pod-IT002E60000000',
        position: added,
        hash: expect.any(String),
      });
    });

    it.each([
      ['?types=1', {}, 'types'],
      ['?after=-2', {}, 'after'],
      ['', { accept: 'text/event-stream', 'last-event-id': 'x' }, 'Last-Event-ID'],
    ])('refuse %s %j by its field', async (query, headers, field) => {
      const call = open().get(`/api/v1/events${query}`).set(headers);
      const token = await tokenOf(served().url, served().dataDir, 'auditor');
      const { body } = await call.auth(token, { type: 'bearer' }).expect(400);
      expect(body.errors).toContainEqual({ field, reason: expect.any(String) });
    });
  });

  describe('a caller who knows the log as it is', () => {
    it('is answered 304 until something happens', async () => {
      const token = await tokenOf(served().url, served().dataDir, 'dso');
      const listed = () => open().get('/api/v1/pods').auth(token, { type: 'bearer' });
      const { headers } = await listed().expect(200);
      await listed().set('If-None-Match', headers['etag']!).expect(304);
      const command = {
        kind: 'changeAvailability',
        podId: 'IT002E60000001',
        available: false,
      } as const;
      const availability = { ...command, deliveryDay: '2026-04-01' };
      await served().platform.customers.ports.register.submit([availability], {
        requestId: 'etag',
        actor: 'operator',
      });
      const { body } = await listed().set('If-None-Match', headers['etag']!).expect(200);
      expect(body.items[1].unavailableDays).toEqual(['2026-04-01']);
    });
  });
}
