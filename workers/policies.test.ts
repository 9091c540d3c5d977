import { expect, test } from 'vitest';
import type { ModelPolicy } from '../config/policies.ts';
import { PROCESSES } from '../workflows/registry.ts';
import { checkProcesses } from './policies.ts';

const policy = (when: ModelPolicy['when']): ModelPolicy => ({
  name: 'p',
  version: 1,
  when,
  task: 'answer',
  roles: ['main'],
  prompt: 'answer@1',
});
const budget = (process: string) => ({ name: 'b', process, tokensPerDay: 1, timeZone: 'UTC' });

test('policies and budgets for what there is are taken', () => {
  const policies = [
    policy({ process: 'lead', intent: 'lead' }),
    policy({ process: 'conversation' }),
    policy({ intent: 'unknown' }),
  ];
  expect(() => checkProcesses({ policies, budgets: [budget('conversation')] }, PROCESSES)).not.toThrow();
});

test('one fault for each name that means nothing', () => {
  const policies = [policy({ process: 'dance' }), policy({ intent: 'crm_push' })];
  const check = () => checkProcesses({ policies, budgets: [budget('dance')] }, PROCESSES);
  expect(check).toThrow(/3 faults.*names no process.*names no intent.*budget b names no process/s);
});
