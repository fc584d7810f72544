/**
 * Baselines as an aggregator declares them, set by hand, imported or forecast (D3.3 A.2.2, FR_AP_PR_2):
 * three ways into one event, `BaselineDeclared`, with its origin.
 */
import { type PodCommand, deliveryDay as civilDayPeriod } from '@flexledger/domain';
import type { RegisterPort } from '@flexledger/ports';
import { type OwnPodAnswer, changeOwnPods } from '../portfolio/own-pods';

/** Where a baseline comes from. */
export type BaselineOrigin = Extract<PodCommand, { kind: 'declareBaseline' }>['origin'];

/** One PoD on one delivery day, W by MTU of the day, withdrawal positive. */
export interface DeclaredBaseline {
  readonly podId: string;
  /** ISO date. */
  readonly deliveryDay: string;
  readonly baselineW: readonly number[];
}

/** What became of one of them. */
export type BaselineAnswer = Pick<DeclaredBaseline, 'podId' | 'deliveryDay'> & OwnPodAnswer;

/** Declares the baselines of one aggregator's customers. */
export interface BaselineDeclarations {
  /**
   * Each by itself: one refusal leaves the others standing. Answers in the order given.
   *
   * @param name of the list, `baselines` when absent; the same baselines under the same name are
   *   declared once
   */
  declare(
    baselines: readonly DeclaredBaseline[],
    origin: BaselineOrigin,
    name?: string,
  ): Promise<readonly BaselineAnswer[]>;
}

export function createBaselineDeclarations(options: {
  readonly aggregatorId: string;
  readonly register: Pick<RegisterPort, 'submit'>;
  readonly timeZone: string;
}): BaselineDeclarations {
  const { aggregatorId, register, timeZone } = options;
  return {
    async declare(baselines, origin, name = 'baselines') {
      const commands = baselines.map(({ podId, deliveryDay, baselineW }): PodCommand => {
        const { mtuCount } = civilDayPeriod(deliveryDay, timeZone);
        return { kind: 'declareBaseline', podId, deliveryDay, mtuCount, baselineW, origin };
      });
      const answers = await changeOwnPods(register, aggregatorId, name, commands);
      return baselines.map(({ podId, deliveryDay }, index) => {
        return { podId, deliveryDay, ...answers[index]! };
      });
    },
  };
}
