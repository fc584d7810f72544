/** What a new dashboard begins with, of an asset or a PoD; and a new widget. */
import type { Schemas } from '@flexledger/api-client';
import { t } from '../language/texts';

export type Widget = Schemas['Widget'];

/** An id that nobody else has taken meanwhile. */
export const newId = (): string => crypto.randomUUID().slice(0, 13);

/** The variables report (baseline and flexibility curves), and what was sold and earned. */
export function firstWidgets(of: string): readonly Widget[] {
  const the = (variable: string): string => `${of}.${variable}`;
  return [
    {
      widgetId: newId(),
      title: t('Baseline and flexibility'),
      kind: 'chart',
      lines: [
        { label: t('baseline'), formula: the('baseline') },
        { label: t('measured'), formula: the('measured') },
        {
          label: t('lowest by flexibility'),
          formula: `${the('baseline')} - ${the('flexibilityUp')}`,
        },
        {
          label: t('highest by flexibility'),
          formula: `${the('baseline')} + ${the('flexibilityDown')}`,
        },
      ],
    },
    {
      widgetId: newId(),
      title: t('Earned'),
      kind: 'figure',
      lines: [
        { label: t('sold upwards'), formula: `sum(energy(${the('soldUp')}))` },
        { label: t('sold downwards'), formula: `sum(energy(${the('soldDown')}))` },
        { label: t('settled'), formula: `sum(${the('settled')})` },
      ],
    },
    {
      widgetId: newId(),
      title: t('Results by quarter-hour'),
      kind: 'table',
      lines: [
        { label: t('sold upwards'), formula: the('soldUp') },
        { label: t('sold downwards'), formula: the('soldDown') },
        { label: t('settled'), formula: the('settled') },
      ],
    },
  ];
}

export const newWidget = (): Widget => ({
  widgetId: newId(),
  title: '',
  kind: 'chart',
  lines: [{ label: '', formula: '' }],
});
