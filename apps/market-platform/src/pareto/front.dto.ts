import { OBJECTIVE_FUNCTIONS } from '@flexledger/domain';
import { MayBeAbsent } from '@flexledger/service-kit';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, Matches, Max, Min } from 'class-validator';

const ONE = `(${OBJECTIVE_FUNCTIONS.join('|')})`;

/** How the front of a session is searched for. */
export class FrontQueryDto {
  @ApiPropertyOptional({
    description: 'Of the search, 1 where absent; the same gives the same front',
  })
  @MayBeAbsent()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(2 ** 31)
  readonly seed?: number;

  @ApiPropertyOptional({
    description:
      `What is traded off, of ${OBJECTIVE_FUNCTIONS.join(', ')}, separated by commas; each is made as ` +
      'small as possible. Those of the configuration (market.objectives) where absent',
    example: 'cost,podsActivated',
  })
  @MayBeAbsent()
  @Matches(new RegExp(`^${ONE}(,${ONE})*$`), {
    message: `must be some of ${OBJECTIVE_FUNCTIONS.join(', ')}, separated by commas`,
  })
  readonly objectives?: string;
}
