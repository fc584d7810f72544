import type { Principal } from '@flexledger/identity';
import { Controller, type DynamicModule, Get, Header, Inject, Module } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Scopes, Speaker } from '../access/scopes';
import { HttpQuery } from '../http/http-bus';
import { Live } from '../http/not-modified.interceptor';
import { METRICS_CONTENT_TYPE, type ProcessMetrics } from './process-metrics';

const METRICS = Symbol('metrics');

/** What a Prometheus scrapes: with a token, as everything else that is not a health check. */
@ApiTags('metrics')
@Live()
@Controller('metrics')
export class MetricsController {
  constructor(
    @Inject(METRICS) private readonly metrics: Pick<ProcessMetrics, 'text'>,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Scopes('processors:read')
  @Header('Content-Type', METRICS_CONTENT_TYPE)
  @Header('Cache-Control', 'no-store')
  @ApiProduces('text/plain')
  @ApiOperation({ summary: 'What this process tells of itself, in Prometheus’s text format' })
  text(@Speaker() speaker: Principal): Promise<string> {
    const needs = { speaker, action: 'processors:read', owner: {} } as const;
    return this.queries.execute(new HttpQuery({ needs, run: () => this.metrics.text() }));
  }
}

/** The metrics of a process, for its HTTP edge. */
@Module({})
export class MetricsModule {
  static register(metrics: Pick<ProcessMetrics, 'text'>): DynamicModule {
    return {
      module: MetricsModule,
      controllers: [MetricsController],
      providers: [{ provide: METRICS, useValue: metrics }],
    };
  }
}
