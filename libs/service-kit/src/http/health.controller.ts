import { Controller, Get, Inject, ServiceUnavailableException } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { isoNow, messageOf, wallClock } from '@flexledger/runtime';
import { Public } from '../access/scopes';
import { Live } from './not-modified.interceptor';

/** Something an app needs before it can serve: the log, a broker, a chain. */
export interface ReadinessCheck {
  readonly name: string;
  /** Rejects with the reason when the thing is not there. */
  check(): Promise<void>;
  /** What of it fails although it is there, each in words for people with its time; nothing where absent. */
  degraded?(): readonly string[];
}

export const READINESS_CHECKS = Symbol('readiness checks');

/** For supervisors: is the process alive, and can it serve. */
@ApiTags('health')
@Live()
@Public()
@Controller('health')
export class HealthController {
  constructor(@Inject(READINESS_CHECKS) private readonly checks: readonly ReadinessCheck[]) {}

  @Get('live')
  @ApiOperation({ summary: 'The process answers, with its time' })
  live(): { status: 'ok'; at: string } {
    return { status: 'ok', at: isoNow(wallClock) };
  }

  @Get('ready')
  @ApiOperation({ summary: 'All that the process needs is there' })
  async ready(): Promise<{
    status: 'ok';
    checks: readonly string[];
    degraded?: readonly string[];
  }> {
    const results = await Promise.allSettled(this.checks.map((check) => check.check()));
    const failures = results.flatMap((result, index) =>
      result.status === 'rejected'
        ? [`${this.checks[index]!.name}: ${messageOf(result.reason)}`]
        : [],
    );
    if (failures.length > 0) throw new ServiceUnavailableException(failures.join('; '));
    const degraded = this.checks.flatMap((check) => check.degraded?.() ?? []);
    return {
      status: 'ok',
      checks: this.checks.map(({ name }) => name),
      ...(degraded.length > 0 && { degraded }),
    };
  }
}
