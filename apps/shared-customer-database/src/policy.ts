/** What a shared customer database decides by itself, beside the market's rules. */
export interface SharedCustomerDatabasePolicy {
  /** IANA zone of the delivery days, as the market's rule pack has it. */
  readonly timeZone: string;
  /** How long before its window a setpoint may come, ms. Further ahead nothing is sold. */
  readonly setpointAheadMs: number;
  /** Longest stretch of measurements in one question, days (flow 1a: a year and a day). */
  readonly measuredDaysMax: number;
  /** So many minutes after its end a quarter-hour is measured, and its package sent. */
  readonly packageMinutes: number;
}

export const SHARED_CUSTOMER_DATABASE_POLICY: SharedCustomerDatabasePolicy = {
  timeZone: 'Europe/Rome',
  setpointAheadMs: 48 * 3_600_000,
  measuredDaysMax: 366,
  packageMinutes: 2,
};
