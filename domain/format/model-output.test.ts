import { describe, expect, it } from 'vitest';
import { parseModelOutput } from './model-output.ts';

const JSON_ANSWER =
  '{"text":"Привет","buttons":["Да",{"text":"Сайт","url":"https://x.kz"}],"links":[{"text":"Цены","url":"https://x.kz/p"}]}';
const CONTENT = {
  text: 'Привет',
  format: 'markdown',
  buttons: [
    [{ text: 'Да', data: 'Да' }],
    [{ text: 'Сайт', url: 'https://x.kz' }],
    [{ text: 'Цены', url: 'https://x.kz/p' }],
  ],
};

describe('structured answers', () => {
  it.each([
    ['bare', JSON_ANSWER],
    ['in a json fence', `\`\`\`json\n${JSON_ANSWER}\n\`\`\``],
    ['in an unnamed fence', `\`\`\`\n${JSON_ANSWER}\n\`\`\`\n`],
    ['behind reasoning', `<think>maybe {"text":"no"}?\n</think>\n\n${JSON_ANSWER}`],
    ['behind reasoning whose opening was cut off', `maybe?\n</think>\n${JSON_ANSWER}`],
    ['spread over lines', JSON.stringify(JSON.parse(JSON_ANSWER), null, 2)],
  ])('are recognised %s', (_name, raw) => {
    expect(parseModelOutput(raw)).toEqual(CONTENT);
  });

  it.each(['text', 'answer', 'message'])('may call their text %s', (name) => {
    expect(parseModelOutput(JSON.stringify({ [name]: '**a**', confidence: 1 }))).toEqual({
      text: '**a**',
      format: 'markdown',
    });
  });

  it('turn what cannot be pressed into lines', () => {
    const content = parseModelOutput(
      JSON.stringify({
        answer: 'a',
        buttons: [{ text: 'bad', url: 'javascript:1' }, { text: 'long', data: 'ы'.repeat(33) }, 7, null, {}],
        links: [{ title: 'Site', href: 'https://x.kz' }, 'https://y.kz'],
      }),
    );
    expect(content.text).toBe('a\n\nbad: javascript:1\nlong');
    expect(content.buttons).toEqual([
      [{ text: 'Site', url: 'https://x.kz' }],
      [{ text: 'https://y.kz', data: 'https://y.kz' }],
    ]);
  });
});

describe('everything else is shown', () => {
  it.each([
    ['Markdown', '**Hi** there', 'markdown'],
    ['broken JSON', '{"text": "a_b *c*', 'plain'],
    ['JSON of another shape', '{"price": 10}', 'plain'],
    ['a list', '[1, 2]', 'markdown'],
    ['broken JSON in a fence', '```json\n{"text": \n```', 'markdown'],
    ['JSON within a text', `Here:\n${JSON_ANSWER}`, 'markdown'],
    ['a name in braces', '{name}, **hi**', 'markdown'],
    ['tags within a text', 'Use <think>a</think> tags', 'markdown'],
    ['an empty text beside something else', '{"text": "", "price": 10}', 'plain'],
  ])('%s', (_name, raw, format) => {
    expect(parseModelOutput(raw)).toEqual({ text: raw, format });
  });

  it('but not reasoning, even unfinished', () => {
    expect(parseModelOutput('<think>secret')).toEqual({ text: '', format: 'markdown' });
    expect(parseModelOutput('<think>a</think><think>b</think>c').text).toBe('c');
  });

  it('nor a form that was left blank', () => {
    expect(parseModelOutput('{"text": " ", "buttons": [], "links": null}').text).toBe('');
  });
});
