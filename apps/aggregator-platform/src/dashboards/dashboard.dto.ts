import {
  WIDGET_KINDS,
  WIDGET_LINES_MAX,
  WIDGETS_MAX,
  type Widget,
  type WidgetKind,
  type WidgetLine,
} from '@flexledger/domain';
import { IsDay, MayBeAbsent } from '@flexledger/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsString,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { REPORT_DAYS_MAX } from '../series/report';

/** One thing that a widget shows. */
class WidgetLineDto implements WidgetLine {
  @ApiProperty({ example: 'deviation' })
  @IsString()
  readonly label!: string;

  @ApiProperty({
    example: 'roofs.measured - roofs.baseline',
    description:
      'Numbers, the units kW, kWh and EUR, series as asset.variable or PoD.variable, + - * /, parentheses, ' +
      'and sum, min, max, mean (of several in each quarter-hour, of one over all of them), energy, abs',
  })
  @IsString()
  readonly formula!: string;
}

class WidgetDto implements Widget {
  @ApiProperty({ example: 'deviation' })
  @IsString()
  readonly widgetId!: string;

  @ApiProperty({ example: 'Deviation from the baseline' })
  @IsString()
  readonly title!: string;

  @ApiProperty({ enum: WIDGET_KINDS })
  @IsIn(WIDGET_KINDS)
  readonly kind!: WidgetKind;

  @ApiProperty({ type: [WidgetLineDto] })
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(WIDGET_LINES_MAX)
  @ValidateNested({ each: true })
  @Type(() => WidgetLineDto)
  readonly lines!: WidgetLineDto[];
}

/** A dashboard as it shall be. */
export class DashboardDto {
  @ApiProperty({ example: 'The north' })
  @IsString()
  readonly name!: string;

  @ApiPropertyOptional({ default: false, description: 'Only the user who saves it sees it' })
  @MayBeAbsent()
  @IsBoolean()
  readonly isPrivate: boolean = false;

  @ApiProperty({ type: [WidgetDto] })
  @IsArray()
  @ArrayMaxSize(WIDGETS_MAX)
  @ValidateNested({ each: true })
  @Type(() => WidgetDto)
  readonly widgets!: WidgetDto[];
}

/** The delivery days of a report. */
export class ReportDaysDto {
  @ApiProperty({ example: '2026-03-17', description: 'First delivery day' })
  @IsDay()
  readonly day!: string;

  @ApiPropertyOptional({ minimum: 1, maximum: REPORT_DAYS_MAX, default: 1 })
  @MayBeAbsent()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(REPORT_DAYS_MAX)
  readonly days: number = 1;
}

/** A report that is saved nowhere. */
export class SeriesDto extends ReportDaysDto {
  @ApiPropertyOptional({
    enum: WIDGET_KINDS,
    default: 'table',
    description: 'A chart has lines of one unit, a figure lines of one number each',
  })
  @MayBeAbsent()
  @IsIn(WIDGET_KINDS)
  readonly kind: WidgetKind = 'table';

  @ApiProperty({ type: [WidgetLineDto] })
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(WIDGET_LINES_MAX)
  @ValidateNested({ each: true })
  @Type(() => WidgetLineDto)
  readonly lines!: WidgetLineDto[];
}
