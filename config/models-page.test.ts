import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { PROMPT_TASKS, promptFaults } from '../domain/prompt.ts';
import { DEFAULT_PROVIDERS } from './llm-defaults.ts';
import { loadSettings } from './settings.ts';

const page = readFileSync(new URL('../docs/models.md', import.meta.url), 'utf8');
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text = '']) => text);
const env = {
  DATABASE_URL: 'postgres://u:p@h:5432/d',
  TELEGRAM_BOT_TOKEN: '1:a',
  API_TOKEN: 't',
  ENCRYPTION_KEYS: 'off',
};

it('the page shows settings that can be used as they stand', () => {
  const shown = blocks('yaml');
  expect(shown.length).toBeGreaterThan(0);
  const together = Object.assign({}, ...shown.map((text): unknown => parse(text)));
  const settings = loadSettings({ env: { ...env, OPENAI_API_KEY: 'k' }, yaml: JSON.stringify(together) });
  expect(settings.policies[0]?.name).toBe('unclear-questions');
  expect(settings.budgets).toHaveLength(2);
  expect(settings.llm.providers.openai?.proxy).toBeUndefined();
});

it('the page shows a prompt that can be used as it stands', () => {
  const [prompt = ''] = blocks('markdown');
  expect(promptFaults('answer', prompt.split('---\n')[2] ?? '')).toEqual([]);
});

it('the page names every provider with its variables, and every task with its values', () => {
  for (const [name, { baseUrlEnv, settings }] of Object.entries(DEFAULT_PROVIDERS)) {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\``));
    expect(row, name).toContain(baseUrlEnv);
    if (settings.apiKeyEnv) expect(row, name).toContain(settings.apiKeyEnv);
    expect(row, name).toContain(settings.kind);
    expect(row, name).toContain(settings.structured ?? 'json_schema');
  }
  for (const [name, { values, flags, needed }] of Object.entries(PROMPT_TASKS)) {
    const cells = [name, ...values, ...flags, ...needed].map((word) => `\`${word}\``);
    const row = page.split('\n').findLast((line) => line.startsWith(`| \`${name}\``));
    for (const cell of cells) expect(row, name).toContain(cell);
  }
});
