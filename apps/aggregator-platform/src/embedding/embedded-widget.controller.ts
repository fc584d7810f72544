import { DomainError, civilDay } from '@flexledger/domain';
import { AccessError } from '@flexledger/identity';
import { isoFromMs } from '@flexledger/runtime';
import { HttpQuery, Live, Public } from '@flexledger/service-kit';
import { Controller, Get, Inject, Param, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';
import { LRUCache } from 'lru-cache';
import { AGGREGATORS, type AggregatorServices } from '../http/aggregator-services';
import { type Report, reportOf } from '../series/report';
import { noWidgetPage, widgetPage, widgetPagePolicy } from './widget-page';

/** However many look, a report is worked out so often at most. */
const FRESH_MS = 60_000;
const DAY_MS = 86_400_000;
const KEPT_REPORTS = 200;

/** A widget in the frame of another's page, to whoever has its link: the one route that may be framed. */
@ApiExcludeController()
@Live()
@Public()
@Controller('embed')
export class EmbeddedWidgetController {
  private readonly reports = new LRUCache<string, { atMs: number; report: Promise<Report> }>({
    max: KEPT_REPORTS,
  });

  constructor(
    @Inject(AGGREGATORS) private readonly aggregators: AggregatorServices,
    private readonly queries: QueryBus,
  ) {}

  @Get(':token')
  async show(@Param('token') token: string, @Res() response: Response): Promise<void> {
    response.type('html');
    response.setHeader('Cache-Control', 'no-store');
    try {
      const { html, frameAncestors } = await this.queries.execute(
        new HttpQuery({ run: () => this.shown(token) }),
      );
      response.setHeader('Content-Security-Policy', widgetPagePolicy(frameAncestors));
      response.send(html);
    } catch (error) {
      // It says nothing but that it is over, and so may stand wherever the widget stood.
      const isOver = error instanceof AccessError || error instanceof DomainError;
      if (!isOver) throw error;
      response.setHeader('Content-Security-Policy', widgetPagePolicy('anybody'));
      response.status(404).send(noWidgetPage(reasonOf(error)));
    }
  }

  private async shown(token: string) {
    const { aggregatorOf, widgetLinks, assets, documents, rules, clock } = this.aggregators;
    const { aggregatorId, link } = await widgetLinks.shownBy(token);
    const nowMs = clock.nowMs();
    const kept = this.reports.get(link.linkId);
    const isFresh = kept !== undefined && nowMs - kept.atMs < FRESH_MS;
    const { timeZone } = rules;
    const worked = async (): Promise<Report> => {
      const todayMs = Date.parse(`${civilDay(nowMs, timeZone)}T00:00:00Z`);
      const firstMs = todayMs - (link.days - 1) * DAY_MS;
      const asked = { ...link.widget, days: link.days, day: isoFromMs(firstMs).slice(0, 10) };
      const own = aggregatorOf(aggregatorId);
      const ground = { own, documents, timeZone, assets: await assets.of(aggregatorId) };
      return reportOf(asked, ground);
    };
    const report = isFresh ? kept.report : worked();
    if (!isFresh) {
      this.reports.set(link.linkId, { atMs: nowMs, report });
      // A failure is told to who asked, and is not kept.
      report.catch(() => this.reports.delete(link.linkId));
    }
    return {
      html: widgetPage(link.widget, await report, timeZone),
      frameAncestors: link.frameAncestors,
    };
  }
}

/** Why nothing is shown. What is wrong with the formulas names PoDs, which are no business of who looks. */
function reasonOf(error: AccessError | DomainError): string {
  if (error instanceof AccessError) return 'The link does not hold.';
  if (error.code === 'widget-link-unknown') return error.message;
  return 'What it is made of is there no more; ask who gave the link.';
}
