import { describe, expect, it } from 'vitest';
import { renderChecked, seeded, TELEGRAM } from './invariants.fixture.ts';

type Random = ReturnType<typeof seeded>;

const SCRAPS = [
  'слово',
  'қазақ тілінде ұғынықты сөйлем.',
  'Sentence one! Two?',
  '😀👍🏽👨‍👩‍👧‍👦🇰🇿🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  'e\u0301\u0327 z\u200bw',
  'مرحبا بالعالم',
  'שלום',
  '1️⃣ x',
  'https://auto.kz/path',
  '漢字',
  '*',
  '**',
  '_',
  '`',
  '[',
  '](',
  '|',
  '<b>',
  '&amp;',
  '\\*',
  '\n',
  '  ',
];

function inline(random: Random, depth: number): string {
  const parts: string[] = [];
  for (let count = 1 + random.int(6); count > 0; count--) {
    const inner = depth > 0 ? inline(random, depth - 1).replace(/\n/g, ' ') : random.pick(SCRAPS);
    parts.push(
      random.pick([
        random.pick(SCRAPS),
        `**${inner}**`,
        `*${inner}*`,
        `~~${inner}~~`,
        `\`${inner}\``,
        `[${inner}](https://site.kz/${random.int(1000)})`,
        `[${inner}](javascript:x)`,
        `![${inner}](https://img.kz/a.png)`,
      ]),
    );
  }
  return parts.join(random.pick([' ', '', '. ']));
}

function block(random: Random, depth: number): string {
  const text = inline(random, 2);
  const nested = () => (depth > 0 ? block(random, depth - 1) : inline(random, 1));
  const under = (lead: string, rest: string, body: string) => lead + body.split('\n').join(`\n${rest}`);
  return random.pick([
    () => text,
    () => `${'#'.repeat(1 + random.int(6))} ${text.replace(/\n/g, ' ')}`,
    () => under('> ', '> ', nested()),
    () => under('- ', '  ', nested()),
    () => under('3. ', '   ', nested()),
    () => under('- [x] ', '  ', nested()),
    () => `\`\`\`${random.pick(['', 'js', 'c++'])}\n${`  line ${text}\n`.repeat(random.int(12))}\`\`\``,
    () => `| a | b |\n|---|:-:|\n| ${text.replace(/[|\n]/g, ' ')} | x |`,
    () => '---',
    () => '<div>\nhtml\n</div>',
    () => `note[^n]\n\n[^n]: ${text.replace(/\n/g, ' ')}`,
  ])();
}

const documentOf = (random: Random): string =>
  Array.from({ length: 1 + random.int(12) }, () => block(random, 2)).join(random.pick(['\n\n', '\n']));

describe('rendering random Markdown', () => {
  it.each([
    [20, 10],
    [64, 20],
    [300, 30],
    [4096, 40],
  ])('keeps every promise when cut at %i units', (maxTextUnits, documents) => {
    for (let seed = 1; seed <= documents; seed++) {
      const text = documentOf(seeded(seed));
      try {
        renderChecked({ text, format: 'markdown' }, { ...TELEGRAM, maxTextUnits });
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    }
  });

  it('shows every word of the source', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const text = documentOf(seeded(seed + 1000));
      const shown = renderChecked({ text, format: 'markdown' }, { ...TELEGRAM, maxTextUnits: 200 })
        .map((chunk) => chunk.text)
        .join('');
      for (const word of ['слово', 'қазақ', 'Sentence', 'مرحبا', '漢字', 'html'])
        expect(shown.includes(word), `${word}, seed ${seed}`).toBe(text.includes(word));
    }
  });

  it('keeps the promises for channels without buttons', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const text = documentOf(seeded(seed));
      const chunks = renderChecked(
        { text, format: 'markdown' },
        { maxTextUnits: 120, formatting: true, maxButtonDataBytes: 0 },
      );
      expect(chunks.every((chunk) => chunk.buttons === undefined)).toBe(true);
    }
  });
});
