export * from './census/census';
export * from './setpoints/setpoint-desk';
