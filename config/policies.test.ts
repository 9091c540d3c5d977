import { describe, expect, it } from 'vitest';
import { choosePolicy } from '../domain/policy.ts';
import { budgetSettings, policySettings } from './policies.ts';
import { loadPrompts } from './prompts.ts';

const { prompts } = loadPrompts();
const known = { prompts, tenants: ['default', 'clinic'] };
const policies = (part: unknown) => policySettings(part, known);
const faultsOf = (part: unknown) =>
  policies(part)
    .faults.map(({ what, where }) => `${what} → ${where}`)
    .join('\n');
const CLINIC = {
  name: 'clinic',
  version: 3,
  when: { tenant: 'clinic' },
  roles: ['reasoning', 'main'],
  prompt: 'answer@1',
};

describe('policies', () => {
  it('without a word every task has one', () => {
    const { policies: rows, faults } = policies(undefined);
    expect(faults).toEqual([]);
    expect(rows.map(({ task, roles, prompt }) => [task, roles, prompt])).toEqual([
      ['answer', ['main'], 'answer@1'],
      ['intent', ['fast'], 'intent@1'],
      ['lead', ['fast'], 'lead@1'],
      ['score', ['main'], 'score@1'],
    ]);
  });

  it('of the file stand beside the built-in ones, and take their task from their prompt', () => {
    const { policies: rows } = policies([CLINIC]);
    const about = { task: 'answer' as const, process: 'answer' };
    expect(choosePolicy(rows, { ...about, tenant: 'clinic' })).toEqual({ ...CLINIC, task: 'answer' });
    expect(choosePolicy(rows, { ...about, tenant: 'default' })?.name).toBe('answer');
  });

  it('without conditions replace the built-in one of their task', () => {
    const { policies: rows, faults } = policies([
      { name: 'all', version: 1, roles: ['fast'], prompt: 'answer@1' },
    ]);
    expect(faults).toEqual([]);
    expect(rows.filter(({ task }) => task === 'answer').map(({ name }) => name)).toEqual(['all']);
  });

  it.each([
    ['a list it is not', {}, /policies must be a list/],
    ['an unknown tenant', [{ ...CLINIC, when: { tenant: 'nobody' } }], /when\.tenant names no tenant/],
    ['an unknown prompt', [{ ...CLINIC, prompt: 'answer@9' }], /prompt names no prompt/],
    ['a prompt without a version', [{ ...CLINIC, prompt: 'answer' }], /<name>@<version>/],
    ['an unknown role', [{ ...CLINIC, roles: ['boss'] }], /roles\.0 must be one of main/],
    ['no role', [{ ...CLINIC, roles: [] }], /policies\[0\]\.roles/],
    ['a role that cannot talk', [{ ...CLINIC, roles: ['embeddings'] }], /must be one of main/],
    ['an unknown condition', [{ ...CLINIC, when: { moon: 'full' } }], /policies\[0\]\.when/],
    ['no version', [{ ...CLINIC, version: undefined }], /version must be a whole number/],
    ['a name twice', [CLINIC, { ...CLINIC, when: {} }], /policies\[1\]\.name is used/],
    ['rivals', [CLINIC, { ...CLINIC, name: 'twin' }], /clinic and twin speak of the same calls/],
    ['a built-in that is given conditions', [{ ...CLINIC, name: 'answer' }], /cannot have conditions/],
  ])('with %s are a fault', (_, part, fault) => {
    expect(faultsOf(part)).toMatch(fault);
  });
});

describe('budgets', () => {
  it('limit money, tokens or both, in UTC unless a zone is named', () => {
    const rows = [
      { name: 'all', microsPerDay: 5_000_000 },
      { name: 'clinic', tenant: 'clinic', process: 'answer', tokensPerDay: 9, timeZone: 'Asia/Almaty' },
    ];
    const { budgets, faults } = budgetSettings(rows, known);
    expect(faults).toEqual([]);
    expect(budgets).toMatchObject([{ timeZone: 'UTC' }, { tenant: 'clinic', timeZone: 'Asia/Almaty' }]);
    expect(budgetSettings(undefined, known)).toEqual({ budgets: [], faults: [] });
  });

  it.each([
    ['no limit', [{ name: 'x' }], /limits nothing/],
    ['a limit of nothing', [{ name: 'x', tokensPerDay: 0 }], /at least 1/],
    ['a zone that is none', [{ name: 'x', tokensPerDay: 1, timeZone: 'Mars' }], /time zone/],
    ['an unknown tenant', [{ name: 'x', tokensPerDay: 1, tenant: 'nobody' }], /names no tenant/],
    [
      'a name twice',
      [
        { name: 'x', tokensPerDay: 1 },
        { name: 'x', tokensPerDay: 2 },
      ],
      /is used by another/,
    ],
  ])('with %s are a fault', (_, part, fault) => {
    expect(
      budgetSettings(part, known)
        .faults.map(({ what }) => what)
        .join(),
    ).toMatch(fault);
  });
});
