/** The tables of a session as D2.4 2.2.3 names them, each with its columns; a row is a row of the log. */
import { placeOf } from './request';
import { type PlainText, t } from '../language/texts';
import type { Schemas } from '@flexledger/api-client';
import type { Zone } from '../parts/words';
import type { Cell } from '../parts/download';
import { MTU_MS, type SessionBook } from './session-rows';

export interface Tab {
  readonly id: string;
  readonly name: string;
  /** As a file has them too, so in English; read by `named`. */
  readonly columns: readonly PlainText[];
  readonly rows: readonly (readonly Cell[])[];
  /** Why there are none, where there are none. */
  readonly empty: string;
}

const NOT_YOURS: PlainText = 'Your role is not shown these rows.';

export function tabsOf(book: SessionBook, zone: Zone): readonly Tab[] {
  const { session, requests, offers, cleared, outcomes, settled } = book;
  const startMs = Date.parse(session.deliveryStart);
  const time = (mtu: number): string => zone.time(startMs + mtu * MTU_MS);
  const span = (row: { firstMtu: number; acceptedW: readonly number[] }): readonly Cell[] => [
    time(row.firstMtu),
    time(row.firstMtu + row.acceptedW.length),
  ];
  const sold = (row: Schemas['OutcomeRow']): readonly Cell[] => [
    row.podId,
    row.aggregatorId,
    row.requester,
    row.product,
    row.direction,
    ...span(row),
    sum(row.acceptedW) / 4,
    Math.max(0, ...row.acceptedW),
    money(row.acceptedW, row.priceMicroEurPerKwh),
    row.requestId,
  ];
  const SOLD: readonly PlainText[] = [
    'PoD',
    'aggregator',
    'for',
    'product',
    'direction',
    'from',
    'to',
    'energy, Wh',
    'most, W',
    'price, µEUR',
    'request',
  ];
  return [
    {
      id: 'requests',
      name: t('Requests'),
      columns: [
        'request',
        'from',
        'product',
        'direction',
        'reaches',
        'grid point',
        'energy, Wh',
        'most, W',
        'price cap, ct/kWh',
      ],
      rows: (requests ?? []).map((one) => [
        one.requestId,
        one.requester,
        one.product,
        one.direction,
        'pom' in one.scope ? one.scope.pom : `${one.scope.podIds?.length ?? 0} PoDs`,
        placeOf(one),
        sum(one.quantityW) / 4,
        Math.max(0, ...one.quantityW),
        one.priceCapMicroEurPerKwh === null ? null : one.priceCapMicroEurPerKwh / 10_000,
      ]),
      empty:
        requests === null ? t(NOT_YOURS) : t('Nobody has asked for flexibility in this session.'),
    },
    {
      id: 'services',
      name: t('Flexibility services'),
      columns: [
        'PoD',
        'aggregator',
        'offer',
        'kind',
        'product',
        'direction',
        'most, W',
        'mean price, ct/kWh',
        'offered at',
      ],
      rows: (offers ?? []).map((one) => [
        one.podId,
        one.aggregatorId,
        one.offerId,
        one.kind,
        one.product,
        one.direction,
        one.kind === 'single' ? Math.max(0, ...one.quantityW) : one.quantityW,
        (one.kind === 'single' ? mean(one.priceMicroEurPerKwh) : one.priceMicroEurPerKwh) / 10_000,
        zone.dayAndTime(Date.parse(one.offeredAt)),
      ]),
      empty: offers === null ? t(NOT_YOURS) : t('No offer counts in this session.'),
    },
    {
      id: 'market',
      name: t('Market outcome'),
      columns: SOLD,
      rows: (cleared ?? []).map(sold),
      empty:
        cleared === null && session.clearing ? t(NOT_YOURS) : t('The market has accepted nothing.'),
    },
    {
      id: 'technical',
      name: t('Technical outcome'),
      columns: [
        'PoD',
        'aggregator',
        'direction',
        'from',
        'to',
        'accepted, Wh',
        'permitted, Wh',
        'answer',
      ],
      rows: technicalRows(book).map(({ row, permittedWh }) => {
        const acceptedWh = sum(row.acceptedW) / 4;
        const answer =
          permittedWh >= acceptedWh
            ? 'permitted'
            : permittedWh > 0
              ? t('permitted in part')
              : 'refused';
        return [
          row.podId,
          row.aggregatorId,
          row.direction,
          ...span(row),
          acceptedWh,
          permittedWh,
          answer,
        ];
      }),
      empty: cleared === null ? t(NOT_YOURS) : t('There was nothing to validate.'),
    },
    {
      id: 'validated',
      name: t('Validated outcome'),
      columns: SOLD,
      rows: (outcomes ?? []).map(sold),
      empty:
        outcomes === null && session.publishedAt
          ? NOT_YOURS
          : t('No result is published, or it is empty.'),
    },
    {
      id: 'settlement',
      name: t('Settlement'),
      columns: [
        'PoD',
        'aggregator',
        'direction',
        'from',
        'to',
        'accepted, Wh',
        'delivered, Wh',
        'baseline, Wh',
        'measured, Wh',
        'baseline by',
        'paid, µEUR',
        'penalty, µEUR',
      ],
      rows: (settled ?? []).map((row) => [
        row.podId,
        row.aggregatorId,
        row.direction,
        ...span(row),
        sum(row.acceptedW) / 4,
        sum(row.deliveredW) / 4,
        known(row.baselineW),
        known(row.measuredW),
        row.baselineMethod ?? null,
        sum(row.paidMicroEur),
        sum(row.penaltyMicroEur),
      ]),
      empty: t(
        'Nothing is settled yet: that comes an hour after delivery, from what was measured.',
      ),
    },
  ];
}

/** What the DSO permitted of each row: what the published result kept of it. */
function technicalRows({ cleared, outcomes }: SessionBook) {
  const keptWh = new Map<string, number>();
  for (const row of outcomes ?? []) {
    const key = `${row.offerId}/${row.requestId}/${row.aggregatorId}`;
    keptWh.set(key, (keptWh.get(key) ?? 0) + sum(row.acceptedW) / 4);
  }
  if (outcomes === null) return [];
  return (cleared ?? []).map((row) => {
    const key = `${row.offerId}/${row.requestId}/${row.aggregatorId}`;
    const acceptedWh = sum(row.acceptedW) / 4;
    const permittedWh = Math.min(acceptedWh, keptWh.get(key) ?? 0);
    keptWh.set(key, (keptWh.get(key) ?? 0) - permittedWh);
    return { row, permittedWh };
  });
}

const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);
const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : sum(values) / values.length;
const money = (watts: readonly number[], prices: readonly number[]): number =>
  Math.round(watts.reduce((total, one, index) => total + (one * (prices[index] ?? 0)) / 4_000, 0));

/** Wh over what was measured; null where nothing was. */
function known(watts: readonly (number | null)[]): number | null {
  const values = watts.filter((one) => one !== null);
  return values.length === 0 ? null : sum(values) / 4;
}
