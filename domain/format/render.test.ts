import { describe, expect, it } from 'vitest';
import type { Chunk, Entity } from '../outbound.ts';
import { renderChecked, TELEGRAM } from './invariants.fixture.ts';
import { toPlain } from './plain.ts';
import { render } from './render.ts';

const markdown = (text: string) => renderChecked({ text, format: 'markdown' }, TELEGRAM);
const plain = (text: string) => renderChecked({ text, format: 'plain' }, TELEGRAM);
const only = (text: string): Chunk => {
  const chunks = markdown(text);
  expect(chunks).toHaveLength(1);
  return chunks[0] as Chunk;
};
/** Entities as `type:covered text`, with what they carry. */
const spans = (chunk: Chunk): string[] =>
  chunk.entities.map(
    (entity: Entity) =>
      `${entity.type}:${chunk.text.slice(entity.offset, entity.offset + entity.length)}` +
      ((entity.url ?? entity.language) ? ` → ${entity.url ?? entity.language}` : ''),
  );

describe('Markdown becomes text with entities', () => {
  it.each([
    ['**b** *i* ~~s~~ `c`', 'b i s c', ['bold:b', 'italic:i', 'strikethrough:s', 'code:c']],
    ['# Title **x**\n\ntext', 'Title x\n\ntext', ['bold:Title x']],
    [
      '[a](https://x.kz) ![p](https://x.kz/p.png)',
      'a p',
      ['text_link:a → https://x.kz', 'text_link:p → https://x.kz/p.png'],
    ],
    ['**a `c` b**', 'a c b', ['bold:a', 'code:c', 'bold:b']],
    ['[`c`](https://x.kz)', 'c', ['text_link:c → https://x.kz']],
    ['```js\nlet a\n```', 'let a', ['pre:let a → js']],
    ['> q `c`\n> r', 'q c\nr', ['blockquote:q c\nr', 'code:c']],
    ['😀 **қ**', '😀 қ', ['bold:қ']],
    ['---', '⸻', []],
    ['<b>x</b>', '<b>x</b>', []],
    ['a[^1]\n\n[^1]: note', 'a[1]\n\n[1] note', []],
    [
      '[a](javascript:x) [b](/path) [c](http://localhost:1)',
      'a (javascript:x) b (/path) c (http://localhost:1)',
      [],
    ],
    ['https://x.kz', 'https://x.kz', []],
    ['[Source]: https://x.kz', 'Source: https://x.kz', []],
    ['[a][r]\n\n[r]: https://x.kz', 'a', ['text_link:a → https://x.kz']],
    ['a<br>b', 'a\nb', []],
  ])('%j', (source, text, entities) => {
    const chunk = only(source);
    expect(chunk.text).toBe(text);
    expect(spans(chunk)).toEqual(entities);
  });

  it('shows nested, numbered and task lists by indents and marks', () => {
    expect(only('- a\n  - b\n    1. c\n    2. d\n- [x] e\n- [ ] f').text).toBe(
      '• a\n   ◦ b\n      1. c\n      2. d\n☑ e\n☐ f',
    );
  });

  it('aligns a narrow table in a monospaced block', () => {
    const chunk = only('| Имя | Цена |\n|:--|--:|\n| Чай | 90 |\n| Кофе | 1200 |');
    expect(chunk.text).toBe('Имя   Цена\n────  ────\nЧай     90\nКофе  1200');
    expect(chunk.entities).toEqual([{ type: 'pre', offset: 0, length: chunk.text.length }]);
  });

  it('lists the cells of a wide table, and of one with links', () => {
    const wide = 'x'.repeat(50);
    expect(only(`| A | B |\n|--|--|\n| 1 | ${wide} |\n| 2 | y |`).text).toBe(
      `A: 1\nB: ${wide}\n\nA: 2\nB: y`,
    );
    expect(spans(only('| A |\n|--|\n| [l](https://x.kz) |'))).toEqual([
      'bold:A',
      'text_link:l → https://x.kz',
    ]);
  });

  it.each(['>', '[', '*', '- ', '1. ', '`', '**a ', '`a` ', '[a](', '<', '|', '_a_b', '![', '~', '\\'])(
    'survives thousands of %j',
    (part) => {
      renderChecked({ text: `${part.repeat(3000)}word`, format: 'markdown' }, TELEGRAM);
      expect(render({ text: `${part.repeat(3000)}word`, format: 'markdown' }, TELEGRAM).at(-1)?.text).toMatch(
        /word/,
      );
    },
  );
});

describe('long texts are cut', () => {
  it('not at 4096 units and only once at 4097', () => {
    expect(plain('x'.repeat(4096))).toHaveLength(1);
    expect(plain('x'.repeat(4097)).map((chunk) => chunk.text.length)).toEqual([4096, 1]);
    expect(plain(`${'x'.repeat(4096)}  \n`)).toHaveLength(1);
    expect(plain(`${'x'.repeat(4096)} y`).map((chunk) => chunk.text.length)).toEqual([4096, 1]);
  });

  it('on the border of blocks before that of lines, of sentences before that of words', () => {
    const block = `${'Слово слово. '.repeat(200).trim()}`;
    expect(markdown(`${block}\n\n${block}\n\n${block}`).map((chunk) => chunk.text)).toEqual([
      block,
      block,
      block,
    ]);
    expect(plain(`${block}\n${block}`).map((chunk) => chunk.text)).toEqual([block, block]);
    for (const chunk of plain('Раз два три. '.repeat(1000))) expect(chunk.text).toMatch(/^Раз.*три\.$/s);
    for (const chunk of plain('слово '.repeat(2000))) expect(chunk.text).toMatch(/^слово.*слово$/s);
  });

  it.each([
    ['a pair', 'x', '😀'],
    ['a family', 'x', '👨‍👩‍👧‍👦'],
    ['a flag', 'x', '🇰🇿'],
    ['a skin tone', 'xx', '👍🏽'],
    ['stacked accents', 'x', 'e\u0301\u0327'],
    ['a keycap', 'x', '1️⃣'],
    ['a flag of tags', 'xxx', '🏴󠁧󠁢󠁥󠁮󠁧󠁿'],
  ])('never inside %s', (_name, lead, character) => {
    const text = lead + character.repeat(1500);
    expect(
      plain(text)
        .map((chunk) => chunk.text)
        .join(''),
    ).toBe(text);
  });

  it('even where one character has thousands of accents', () => {
    const text = `e${'\u0301'.repeat(9000)}`;
    const chunks = render({ text, format: 'plain' }, TELEGRAM);
    expect(chunks.map((chunk) => chunk.text).join('')).toBe(text);
  });

  it('with an entity that fits moved as a whole', () => {
    const chunks = markdown(`${'слово '.repeat(600)}**${'жирно '.repeat(300).trim()}** конец`);
    expect(chunks.map((chunk) => chunk.entities.length)).toEqual([0, 1]);
    expect(chunks[1]?.text).toMatch(/^жирно/);
  });

  it('with a longer one closed and opened again', () => {
    const code = Array.from({ length: 700 }, (_, line) => `  const line${line} = 1;`).join('\n');
    const chunks = markdown(`intro\n\n\`\`\`ts\n${code}\n\`\`\`\n\noutro`);
    expect(chunks.length).toBeGreaterThan(3);
    for (const chunk of chunks) {
      expect(chunk.entities).toMatchObject([{ type: 'pre', language: 'ts' }]);
      for (const line of chunk.text.split('\n'))
        expect(line).toMatch(/^( {2}const line\d+ = 1;|intro|outro|)$/);
    }
    const bold = markdown(`**${'жирно '.repeat(1500).trim()}**`);
    expect(bold.every((chunk) => chunk.entities[0]?.length === chunk.text.length)).toBe(true);
  });

  it('before the hundred and first entity', () => {
    const chunks = markdown('**a** b '.repeat(350));
    expect(chunks.map((chunk) => chunk.entities.length)).toEqual([100, 100, 100, 50]);
  });

  it('before addresses outgrow the plain form', () => {
    const chunks = markdown(`[имя](https://x.kz/${'a'.repeat(900)}) текст `.repeat(20));
    expect(chunks.length).toBeGreaterThan(4);
    for (const chunk of chunks)
      expect(toPlain(chunk).text.match(/https:/g)).toHaveLength(chunk.entities.length);
  });

  it('not at all when nothing is visible', () => {
    for (const format of ['plain', 'markdown'] as const)
      for (const text of ['', ' \n ', '\u200b\u2060', '\ufe0f', '\u0000'])
        expect(render({ text, format }, TELEGRAM)).toEqual([]);
  });
});

describe('buttons', () => {
  const limits = TELEGRAM;
  const long = { text: 'слово '.repeat(1500), format: 'plain' as const };

  it('stand under the last chunk only', () => {
    const chunks = renderChecked({ ...long, buttons: [[{ text: 'Да', data: 'y' }]] }, limits);
    expect(chunks.at(-1)?.buttons).toEqual([[{ text: 'Да', data: 'y' }]]);
  });

  it('become text when the channel cannot carry them', () => {
    const buttons = [
      [
        { text: 'ok', data: 'd' },
        { text: 'long', data: 'ы'.repeat(33) },
      ],
      [{ text: 'bad', url: 'javascript:1' }],
    ];
    const [chunk] = render({ text: 't', format: 'plain', buttons }, limits);
    expect(chunk?.buttons).toEqual([[{ text: 'ok', data: 'd' }]]);
    expect(chunk?.text).toBe('t\n\nlong\nbad: javascript:1');
    const [bare] = render({ text: 't', format: 'plain', buttons }, { ...limits, maxButtonDataBytes: 0 });
    expect(bare).toEqual({ text: 't\n\nok\nlong\nbad: javascript:1', entities: [] });
  });

  it('that open pages fit as lines too when the plain form is needed', () => {
    const buttons = Array.from({ length: 10 }, (_, i) => [
      { text: `Link ${i}`, url: `https://x.kz/${'a'.repeat(150)}` },
    ]);
    for (const length of [2000, 4000, 4096, 8000]) {
      const chunks = renderChecked({ text: 'x '.repeat(length / 2), format: 'plain', buttons }, limits);
      const last = toPlain(chunks.at(-1) as Chunk);
      expect(last.buttons).toBeUndefined();
      expect(last.text.match(/https:/g)).toHaveLength(10);
    }
  });

  it('have a text to stand under even when there is none', () => {
    expect(render({ text: ' ', format: 'plain', buttons: [[{ text: 'A', data: 'a' }]] }, limits)).toEqual([
      { text: '…', entities: [], buttons: [[{ text: 'A', data: 'a' }]] },
    ]);
  });

  it('give way to a contact request only where they open pages', () => {
    const [chunk] = render(
      {
        text: 't',
        format: 'plain',
        requestContact: 'Share',
        buttons: [
          [
            { text: 'No', data: 'n' },
            { text: 'Site', url: 'https://x.kz' },
          ],
        ],
      },
      limits,
    );
    expect(chunk).toEqual({
      text: 't\n\nSite: https://x.kz',
      entities: [],
      buttons: [[{ text: 'No', data: 'n' }]],
      requestContact: 'Share',
    });
  });
});

describe('the plain form', () => {
  it('has no entities and names the addresses that labels hide', () => {
    expect(toPlain(only('**a** [b](https://x.kz/b) [x.kz](https://x.kz)'))).toEqual({
      text: 'a b (https://x.kz/b) x.kz',
      entities: [],
    });
  });

  it('is what channels without formatting get', () => {
    const [chunk] = render(
      { text: '**a** [b](https://x.kz)', format: 'markdown' },
      { ...TELEGRAM, formatting: false },
    );
    expect(chunk).toEqual({ text: 'a b (https://x.kz)', entities: [] });
  });
});
