/**
 * Baselines as an aggregator declares them, set by hand, imported or forecast (D3.3 A.2.2, FR_AP_PR_2):
 * three ways into one event, `BaselineDeclared`, with its origin.
 */
import { type PodCommand, deliveryDay as civilDayPeriod } from '@flexledger/domain';
import { type OwnPodAnswer, type PodRegister, changeOwnPods } from '../portfolio/own-pods';

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
export interface BaselineDesk {
  /** Each by itself: one refusal leaves the others standing. Answers in the order given. */
  declare(
    baselines: readonly DeclaredBaseline[],
    origin: BaselineOrigin,
  ): Promise<readonly BaselineAnswer[]>;
}

export function createBaselineDesk(options: {
  readonly aggregatorId: string;
  readonly register: PodRegister;
  readonly timeZone: string;
}): BaselineDesk {
  const { aggregatorId, register, timeZone } = options;
  return {
    async declare(baselines, origin) {
      const commands = baselines.map(({ podId, deliveryDay, baselineW }): PodCommand => {
        const { mtuCount } = civilDayPeriod(deliveryDay, timeZone);
        return { kind: 'declareBaseline', podId, deliveryDay, mtuCount, baselineW, origin };
      });
      const answers = await changeOwnPods(register, aggregatorId, 'baselines', commands);
      return baselines.map(({ podId, deliveryDay }, index) => {
        return { podId, deliveryDay, ...answers[index]! };
      });
    },
  };
}
