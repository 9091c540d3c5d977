import { inject } from 'vitest';

/** Frontend of the run's Temporal server; its namespace is `default`. */
export const temporalAddress = (): string => inject('temporalAddress');
