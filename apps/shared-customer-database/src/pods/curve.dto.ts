/** Curves over a day as requests carry them. */
import { CURVE_QUARTER_HOURS, type DayCurve, curveFault } from '@flexledger/domain';
import { ApiProperty } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';

const WHOLE = { type: 'integer', minimum: 0 } as const;
const LENGTH = { minItems: CURVE_QUARTER_HOURS, maxItems: CURVE_QUARTER_HOURS } as const;

/** One number for the whole day, or one for each quarter-hour of the local clock. */
export const CurveProperty = (): PropertyDecorator =>
  ApiProperty({
    description:
      'One number for all day, or 96: by quarter-hour of the local clock from 00:00 on, whatever the day',
    oneOf: [WHOLE, { type: 'array', items: WHOLE, ...LENGTH }],
    example: 900,
  });

/** Checks a curve, values and all. */
export const IsCurve = (): PropertyDecorator =>
  ValidateBy({
    name: 'isCurve',
    validator: {
      validate: (value: unknown) => curveFault(value) === undefined,
      defaultMessage: (given) => `${given!.property} ${curveFault(given!.value)}`,
    },
  });

/** Checks that there is a number or a list of some, of which the register says what they may be. */
export const IsCurveForm = (): PropertyDecorator =>
  ValidateBy({
    name: 'isCurveForm',
    validator: {
      validate: (value: unknown) => isCurveForm(value),
      defaultMessage: (given) =>
        `${given!.property} must be a whole number or a list of at most ${CURVE_QUARTER_HOURS}`,
    },
  });

function isCurveForm(value: unknown): value is DayCurve {
  if (!Array.isArray(value)) return Number.isInteger(value);
  return value.length <= CURVE_QUARTER_HOURS && value.every((one) => Number.isInteger(one));
}
