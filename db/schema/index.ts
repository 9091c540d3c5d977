export * from './customers.ts';
export * from './leads.ts';
export * from './ledgers.ts';
export * from './llm-budgets.ts';
export * from './messages.ts';
export * from './runs.ts';
export * from './sends.ts';
export * from './tenants.ts';
