import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { MischiefRule } from '../../sandbox/client.ts';
import { type PlayOptions, playScript } from '../../workers/embedded/once/play.ts';
import { SCRIPT } from '../../workers/embedded/once/script.ts';
import { type Product, startProduct } from '../support/product.ts';

describe('the scripted conversation', () => {
  let product: Product;
  let lines: string[] = [];
  beforeAll(async () => {
    product = await startProduct({ name: 'once' });
  });
  afterAll(() => product.stop());
  beforeEach(() => {
    lines = [];
  });

  const options = (over: Partial<PlayOptions> = {}): PlayOptions => ({
    db: product.db,
    sandbox: product.outside,
    temporalUiUrl: 'http://ui',
    namespace: 'default',
    say: (line) => lines.push(line),
    signal: new AbortController().signal,
    patienceMs: 20_000,
    ...over,
  });

  it('holds as it is, with transcript and run table', async () => {
    expect(await playScript(options()), lines.join('\n')).toBe(true);
    expect(lines.join('\n')).toContain('Конец подробного ответа.');
    expect(lines.filter((line) => line.includes('http://ui/namespaces/default/workflows/'))).toHaveLength(5);
  });

  const acts = (title: RegExp) => SCRIPT.filter((act) => title.test(act.title));
  const sabotages: [string, RegExp, MischiefRule][] = [
    [
      'a reply is dropped',
      /question/,
      { service: 'telegram', method: 'sendMessage', kind: 'drop', times: 1 },
    ],
    [
      'a reply is doubled',
      /question/,
      { service: 'telegram', method: 'sendMessage', kind: 'double', times: 1 },
    ],
    ['two parts are swapped', /long/, { service: 'telegram', method: 'sendMessage', kind: 'swap' }],
    ['the CRM is skipped', /lead/, { service: 'bitrix24', method: '*add', kind: 'drop' }],
  ];
  it.each(sabotages)('fails when %s', async (_, title, rule) => {
    const { id } = await product.outside.mischief.add(rule);
    try {
      const firstChat = 3000 + id * 10;
      const held = await playScript(options({ script: acts(title), firstChat, patienceMs: 4000 }));
      expect(held, lines.join('\n')).toBe(false);
      expect((await product.outside.mischief.get(id)).fired).toBeGreaterThan(0);
    } finally {
      await product.outside.mischief.remove(id);
    }
  });
});
