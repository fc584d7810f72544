import { DomainError } from '@flexledger/domain';
import type { Principal } from '@flexledger/identity';
import { Scopes, Speaker } from '@flexledger/service-kit';
import { Body, Controller, HttpCode, Inject, Post, Put } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AGGREGATORS, type AggregatorServices } from '../edge/aggregator-services';
import { periodOf } from '../edge/delivery-period';
import { ownDesk } from '../edge/own-desk';
import { BaselineFileDto, BaselineForecastDto, BaselinesByHandDto } from './baseline.dto';
import type { BaselineAnswer } from './baseline-desk';
import { typicalBaselines } from './forecast-process';
import { BaselineFileError, parseBaselines } from './parse-baselines';

interface Answers {
  readonly items: readonly BaselineAnswer[];
}

/** Baselines of an aggregator's PoDs: by hand, imported, forecast; the last declared counts. */
@ApiTags('aggregator: baselines')
@Controller('api/v1/portfolio/baselines')
export class BaselinesController {
  constructor(@Inject(AGGREGATORS) private readonly aggregators: AggregatorServices) {}

  @Put()
  @Scopes('pods:write')
  @ApiOperation({ summary: 'Set by hand; each by itself, refusals are named' })
  async setByHand(
    @Body() { baselines }: BaselinesByHandDto,
    @Speaker() speaker: Principal,
  ): Promise<Answers> {
    const desk = ownDesk(this.aggregators, speaker, 'pods:write');
    const { timeZone } = this.aggregators.rules;
    for (const [index, { deliveryDay }] of baselines.entries()) {
      periodOf(deliveryDay, timeZone, `baselines[${index}].deliveryDay`);
    }
    return { items: await desk.baselines.declare(baselines, 'byHand') };
  }

  @Post('import')
  @HttpCode(200)
  @Scopes('pods:write')
  @ApiOperation({
    summary: 'Import CSV of podId, deliveryDay, mtu, baselineW; a bad file is refused',
  })
  async importFile(
    @Body() { csv }: BaselineFileDto,
    @Speaker() speaker: Principal,
  ): Promise<Answers> {
    const desk = ownDesk(this.aggregators, speaker, 'pods:write');
    const baselines = parsed(csv, this.aggregators.rules.timeZone);
    return { items: await desk.baselines.declare(baselines, 'imported') };
  }

  @Post('forecast')
  @HttpCode(200)
  @Scopes('pods:write')
  @ApiOperation({
    summary: 'Forecast from the like days measured last',
    description: 'What was never measured on a like day is not made up: such PoDs are named.',
  })
  async forecast(
    @Body() { deliveryDay, podIds }: BaselineForecastDto,
    @Speaker() speaker: Principal,
  ): Promise<Answers> {
    const desk = ownDesk(this.aggregators, speaker, 'pods:write');
    const { rules } = this.aggregators;
    periodOf(deliveryDay, rules.timeZone, 'deliveryDay');
    const wanted = podIds ?? (await desk.portfolio.withoutBaseline(deliveryDay));
    const { metering } = desk;
    const own = await this.ownOf(desk.aggregatorId, wanted);
    const baselines = await typicalBaselines(deliveryDay, own, { metering, rules });
    const declared = await desk.baselines.declare(baselines, 'forecast');
    const answers = new Map(declared.map((answer) => [answer.podId, answer]));
    const missing = (podId: string): BaselineAnswer => ({
      ...{ podId, deliveryDay, accepted: false },
      reason: own.includes(podId)
        ? 'no like day was measured in full'
        : 'it is not one of your registered PoDs',
    });
    return { items: wanted.map((podId) => answers.get(podId) ?? missing(podId)) };
  }

  /** Measurements of others are not looked at. */
  private async ownOf(aggregatorId: string, podIds: readonly string[]): Promise<string[]> {
    const { register } = this.aggregators.deskOf(aggregatorId);
    const states = await Promise.all(podIds.map((podId) => register.podState(podId)));
    return podIds.filter((_, index) => {
      const state = states[index]!;
      return state.status === 'registered' && state.details.aggregatorId === aggregatorId;
    });
  }
}

/** @throws DomainError `baseline-file-malformed` naming each line at fault */
function parsed(csv: string, timeZone: string) {
  try {
    return parseBaselines(csv, timeZone);
  } catch (error) {
    if (!(error instanceof BaselineFileError)) throw error;
    const violations = error.faults.map(({ line, reason }) => ({ field: `line ${line}`, reason }));
    throw new DomainError('baseline-file-malformed', error.message, violations);
  }
}
