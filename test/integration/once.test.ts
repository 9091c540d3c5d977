import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MischiefRule } from '../../sandbox/client.ts';
import { type PlayOptions, playScript } from '../../workers/embedded/once/play.ts';
import { SCRIPT } from '../../workers/embedded/once/script.ts';
import { eventually } from '../support/eventually.ts';
import { type Product, startProduct } from '../support/product.ts';

describe('the scripted conversation', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({ name: 'once' });
  });
  afterAll(() => product.stop());

  /** Plays it and hands back whether it held, with all that was printed. */
  async function played(over: Partial<PlayOptions> = {}) {
    const lines: string[] = [];
    const held = await playScript({
      db: product.db,
      sandbox: product.outside,
      temporalUiUrl: 'http://ui',
      namespace: 'default',
      say: (line) => lines.push(line),
      signal: new AbortController().signal,
      patienceMs: 45_000,
      ...over,
    });
    return { held, lines, printed: lines.join('\n') };
  }

  const acts = (title: RegExp) => SCRIPT.filter((act) => title.test(act.title));
  const onSends = { service: 'telegram', method: 'sendMessage' } as const;
  const sabotages: [string, RegExp, MischiefRule][] = [
    ['a reply is dropped', /question/, { ...onSends, kind: 'drop', times: 1 }],
    ['a reply is doubled', /question/, { ...onSends, kind: 'double', times: 1 }],
    ['two parts are swapped', /long/, { ...onSends, kind: 'swap' }],
    ['the CRM is skipped', /lead/, { service: 'bitrix24', method: '*add', kind: 'drop' }],
  ];
  // Each has a chat of its own, and they spend their time waiting.
  it.concurrent.each(sabotages.map((sabotage, index) => [...sabotage, 3_000 + index] as const))(
    'fails when %s',
    async (_, title, rule, chatId) => {
      const { id } = await product.outside.mischief.add(
        rule.service === 'telegram' ? { ...rule, chatId } : rule,
      );
      try {
        // Long enough for the act to come as far as what is sabotaged, also on a slow machine.
        const { held, printed } = await played({
          script: acts(title),
          firstChat: chatId,
          patienceMs: 15_000,
        });
        expect(held, printed).toBe(false);
        await eventually('the fault', async () => (await product.outside.mischief.get(id)).fired > 0);
      } finally {
        await product.outside.mischief.remove(id);
      }
    },
  );

  it('holds as it is, with transcript and run table', async () => {
    const { held, lines, printed } = await played();
    expect(held, printed).toBe(true);
    expect(printed).toContain('Конец подробного ответа.');
    expect(lines.filter((line) => line.includes('http://ui/namespaces/default/workflows/'))).toHaveLength(6);
  });
});
