/**
 * Baselines as an aggregator declares them, set by hand, imported or forecast (D3.3 A.2.2, FR_AP_PR_2):
 * three ways into one event, `BaselineDeclared`, with its origin.
 */
import { type PodCommand, deliveryDay as civilDayPeriod } from '@flexledger/domain';
import { documentDigest } from '@flexledger/identity';
import type { RegisterPort } from '@flexledger/ports';
import { type OwnPodAnswer, type OwnPodList, changeOwnPods } from '../portfolio/own-pods';

/** Where a baseline comes from. */
export type BaselineOrigin = Extract<PodCommand, { kind: 'declareBaseline' }>['origin'];

/** One PoD on one delivery day: W by MTU of the day, withdrawal positive, and var where declared. */
export interface DeclaredBaseline {
  readonly podId: string;
  /** ISO date. */
  readonly deliveryDay: string;
  readonly baselineW: readonly number[];
  readonly baselineVar?: readonly number[];
}

/** What became of one of them. */
export type BaselineAnswer = Pick<DeclaredBaseline, 'podId' | 'deliveryDay'> & OwnPodAnswer;

/** Declares the baselines of one aggregator's customers. */
export interface BaselineDeclarations {
  /**
   * Each by itself: one refusal leaves the others standing. Answers in the order given.
   *
   * @param list how it is named where somebody asks for it; else it follows from what is declared, and
   *   what was declared last already is left
   */
  declare(
    baselines: readonly DeclaredBaseline[],
    origin: BaselineOrigin,
    list?: OwnPodList,
  ): Promise<readonly BaselineAnswer[]>;
}

export function createBaselineDeclarations(options: {
  readonly aggregatorId: string;
  readonly register: Pick<RegisterPort, 'submit'>;
  readonly timeZone: string;
}): BaselineDeclarations {
  const { aggregatorId, register, timeZone } = options;
  return {
    async declare(baselines, origin, asked) {
      const commands = baselines.map(
        ({ podId, deliveryDay, baselineW, baselineVar }): PodCommand => {
          const { mtuCount } = civilDayPeriod(deliveryDay, timeZone);
          const powers = { baselineW, ...(baselineVar ? { baselineVar } : {}) };
          return { kind: 'declareBaseline', podId, deliveryDay, mtuCount, ...powers, origin };
        },
      );
      const requestId = `baselines/${aggregatorId}/${documentDigest({ commands })}`;
      const list = asked ?? { requestId, mayRecur: true };
      const answers = await changeOwnPods(register, aggregatorId, list, commands);
      return baselines.map(({ podId, deliveryDay }, index) => {
        return { podId, deliveryDay, ...answers[index]! };
      });
    },
  };
}
