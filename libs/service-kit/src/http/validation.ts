import { DomainError, type Violation } from '@flexledger/domain';
import { type ValidationError, ValidationPipe } from '@nestjs/common';

/**
 * Checks bodies, queries and parameters against their DTO class. What the class does not name is
 * refused, not dropped, so that a misspelt optional field is noticed.
 */
export function validationPipe(): ValidationPipe {
  return new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    validationError: { target: false, value: false },
    exceptionFactory: (errors) => {
      const violations = errors.flatMap((error) => violationsOf(error, ''));
      const list = violations.slice(0, 5).map(({ field, reason }) => `${field} ${reason}`);
      const more =
        violations.length > list.length ? ` and ${violations.length - list.length} more` : '';
      return new DomainError(
        'input-malformed',
        `The input is refused: ${list.join('; ')}${more}.`,
        violations,
      );
    },
  });
}

/** An error of class-validator and all below it, each by its path (`offers[3].quantityW`). */
function violationsOf(error: ValidationError, parent: string): Violation[] {
  const { property, constraints = {}, children = [] } = error;
  const step = /^\d+$/.test(property) ? `[${property}]` : `.${property}`;
  const field = `${parent}${step}`.replace(/^\./, '');
  const own = Object.values(constraints).map((message) => ({
    field,
    reason: message.replace(`property ${property} `, '').replace(`${property} `, ''),
  }));
  return [...own, ...children.flatMap((child) => violationsOf(child, field))];
}
