import { DomainError } from '@flexledger/domain';
import { type Principal, documentDigest } from '@flexledger/identity';
import { HttpCommand, type HttpCommandOptions, Scopes, Speaker } from '@flexledger/service-kit';
import { Body, Controller, Headers, HttpCode, Inject, Post, Put } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Aggregator } from '../aggregator';
import { AGGREGATORS, type AggregatorServices } from '../http/aggregator-services';
import { periodOf } from '../http/delivery-period';
import { speakingAggregator } from '../http/speaking-aggregator';
import {
  BaselineFileDto,
  BaselineForecastDto,
  BaselinesByHandDto,
  SeriesFileDto,
} from './baseline.dto';
import type { BaselineAnswer, DeclaredBaseline } from './baseline-declarations';
import { type OwnPodList, listOf } from '../portfolio/own-pods';
import { typicalBaselines } from './forecast-process';
import { fetchSeries } from './fetch-series';
import { BaselineFileError, parseBaselines } from './parse-baselines';
import { readSeries } from './read-series';
import { type SeriesBytes, type SeriesFormat, isPacked, seriesFormatOf } from './series-file';

interface Answers {
  readonly items: readonly BaselineAnswer[];
}

/** Baselines of an aggregator's PoDs: by hand, imported, forecast; the last declared counts. */
@ApiTags('aggregator: baselines')
@Controller('api/v1/portfolio/baselines')
export class BaselinesController {
  constructor(
    @Inject(AGGREGATORS) private readonly aggregators: AggregatorServices,
    private readonly commands: CommandBus,
  ) {}

  @Put()
  @Scopes('pods:write')
  @ApiOperation({ summary: 'Set by hand; each by itself, refusals are named' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  setByHand(
    @Body() { baselines }: BaselinesByHandDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ): Promise<Answers> {
    const own = speakingAggregator(this.aggregators, speaker);
    const command = declaring(own, speaker, key, { baselines }, async (context) => {
      const { timeZone } = this.aggregators.rules;
      for (const [index, { deliveryDay }] of baselines.entries()) {
        periodOf(deliveryDay, timeZone, `baselines[${index}].deliveryDay`);
      }
      return { items: await own.baselines.declare(baselines, 'byHand', listOf(context)) };
    });
    return this.commands.execute(command);
  }

  @Post('import')
  @HttpCode(200)
  @Scopes('pods:write')
  @ApiOperation({
    summary: 'Import CSV of podId, deliveryDay, mtu, baselineW; a bad file is refused',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  importFile(
    @Body() { csv }: BaselineFileDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ): Promise<Answers> {
    const own = speakingAggregator(this.aggregators, speaker);
    const command = declaring(own, speaker, key, { csv }, async (context) => {
      const { timeZone } = this.aggregators.rules;
      const baselines = parsed(() => parseBaselines(csv, timeZone));
      return { items: await own.baselines.declare(baselines, 'imported', listOf(context)) };
    });
    return this.commands.execute(command);
  }

  @Post('series')
  @HttpCode(200)
  @Scopes('pods:write')
  @ApiOperation({
    summary: 'Import time series from CSV, JSON or XML, as a file or from an address',
    description:
      'Blocks of a PoD and day each, by quarter-hour or of a finer step, plain or compressed; a bad file is ' +
      'refused as a whole, with every block at fault.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  importSeries(
    @Body() file: SeriesFileDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ): Promise<Answers> {
    const own = speakingAggregator(this.aggregators, speaker);
    const command = declaring(own, speaker, key, { ...file }, async (context) => {
      const { timeZone } = this.aggregators.rules;
      const asked = await handedIn(file, this.aggregators.importFrom);
      const baselines = await readSeries({ ...asked, timeZone }).catch(refuse);
      // What stands at an address may be another file by the time it is asked again.
      const list = listOf(context);
      const requestId = `${list.requestId}/${documentDigest({ baselines })}`;
      return { items: await own.baselines.declare(baselines, 'imported', { ...list, requestId }) };
    });
    return this.commands.execute(command);
  }

  @Post('forecast')
  @HttpCode(200)
  @Scopes('pods:write')
  @ApiOperation({
    summary: 'Forecast from the like days measured last',
    description: 'What was never measured on a like day is not made up: such PoDs are named.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  forecast(
    @Body() { deliveryDay, podIds }: BaselineForecastDto,
    @Headers('idempotency-key') key: string | undefined,
    @Speaker() speaker: Principal,
  ): Promise<Answers> {
    const own = speakingAggregator(this.aggregators, speaker);
    const asked = { deliveryDay, podIds: podIds ?? null };
    const command = declaring(own, speaker, key, asked, async (context) => {
      periodOf(deliveryDay, this.aggregators.rules.timeZone, 'deliveryDay');
      return { items: await this.forecastOf(own, deliveryDay, podIds, listOf(context)) };
    });
    return this.commands.execute(command);
  }

  private async forecastOf(
    { aggregatorId, portfolio, ports, metering, baselines }: Aggregator,
    deliveryDay: string,
    podIds: readonly string[] | undefined,
    list: OwnPodList,
  ): Promise<BaselineAnswer[]> {
    const wanted = podIds ?? (await portfolio.on(deliveryDay)).withoutBaseline;
    // Measurements of others are not looked at.
    const customers = await ports.register.podsOf({ aggregatorId });
    const known = new Set(customers.map(({ podId }) => podId));
    const own = wanted.filter((podId) => known.has(podId));
    const { rules } = this.aggregators;
    const typical = await typicalBaselines(deliveryDay, own, { metering, rules });
    // What is measured by the time it is asked again may lead to another forecast.
    const requestId = `${list.requestId}/${documentDigest({ typical })}`;
    const declared = await baselines.declare(typical, 'forecast', { ...list, requestId });
    const answers = new Map(declared.map((answer) => [answer.podId, answer]));
    return wanted.map((podId): BaselineAnswer => {
      const reason = known.has(podId)
        ? 'no like day was measured in full'
        : 'it is not one of your registered PoDs';
      return answers.get(podId) ?? { podId, deliveryDay, accepted: false, reason };
    });
  }
}

/** A command that declares baselines of an aggregator's own PoDs. */
function declaring(
  { aggregatorId }: Aggregator,
  speaker: Principal,
  key: string | undefined,
  asked: object,
  run: HttpCommandOptions<Answers>['run'],
): HttpCommand<Answers> {
  return new HttpCommand({
    speaker,
    action: 'pods:write',
    owner: { aggregatorId },
    about: `baselines/${aggregatorId}`,
    key,
    asked,
    run,
  });
}

/** A file as it is handed in or stands at its address, and what it is written in. @throws DomainError */
async function handedIn(
  { format, text, encoding, address }: SeriesFileDto,
  origins: readonly string[],
): Promise<{ readonly file: SeriesBytes; readonly format: SeriesFormat }> {
  const wrong = (field: string, reason: string): DomainError =>
    new DomainError('input-malformed', `${field} ${reason}.`, [{ field, reason }]);
  if ((text === undefined) === (address === undefined)) {
    throw wrong('text', 'must be given, or else an address; one of both');
  }
  const path = address !== undefined && URL.canParse(address) ? new URL(address).pathname : '';
  const found = format ?? seriesFormatOf(path.replace(/\.gz$/, ''));
  if (found === undefined) throw wrong('format', 'must be csv, json or xml');
  if (address !== undefined) return { file: await fetchSeries(address, origins), format: found };
  if (encoding !== 'gzip') return { file: text!, format: found };
  const bytes = Buffer.from(text!, 'base64');
  if (isPacked(bytes)) return { file: bytes, format: found };
  const reason = 'is no gzip in base64';
  throw new DomainError('baseline-file-malformed', `The file ${reason}.`, [
    { field: 'text', reason },
  ]);
}

/** @throws DomainError `baseline-file-malformed` naming each line or block at fault */
function parsed(parse: () => DeclaredBaseline[]): DeclaredBaseline[] {
  try {
    return parse();
  } catch (error) {
    return refuse(error);
  }
}

/** @throws DomainError `baseline-file-malformed` naming each line or block at fault; what else it is given */
function refuse(error: unknown): never {
  if (!(error instanceof BaselineFileError)) throw error;
  const violations = error.faults.map(({ line, reason }) => ({
    field: `${error.place} ${line}`,
    reason,
  }));
  throw new DomainError('baseline-file-malformed', error.message, violations);
}
