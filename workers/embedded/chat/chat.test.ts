import { stripVTControlCharacters } from 'node:util';
import { expect, test, vi } from 'vitest';
import { createChat } from './chat.ts';
import { renderMessage, renderText } from './format.ts';
import type { BotMessage, CustomerSide, RunLine } from './types.ts';

const message = (id: number, over: Partial<BotMessage> = {}): BotMessage => ({
  id,
  text: `text ${id}`,
  entities: [],
  buttons: [],
  edited: false,
  ...over,
});
const run = (over: Partial<RunLine> = {}): RunLine => ({
  runId: 'r-1',
  process: 'answer',
  state: 'succeeded',
  durationMs: 1234,
  url: 'http://ui/r-1',
  ...over,
});

function openChat(lookup: (id: number) => Promise<RunLine | undefined> = async () => undefined) {
  const done: unknown[][] = [];
  const act =
    (name: string) =>
    async (...args: unknown[]) => {
      done.push([name, ...args]);
    };
  let deliver: (said: BotMessage) => void = () => undefined;
  const customer: CustomerSide = {
    say: act('say'),
    press: act('press'),
    shareContact: act('shareContact'),
    sendFile: act('sendFile'),
    async follow(listener) {
      deliver = listener;
    },
  };
  const lines: string[] = [];
  const screen = { print: (line: string) => lines.push(stripVTControlCharacters(line)) };
  const chat = createChat({ customer, lookup, screen });
  void chat.follow(new AbortController().signal);
  return { chat, customer, done, lines, bot: (said: BotMessage) => deliver(said) };
}

test('a number presses the button of the newest message with buttons', async () => {
  const { chat, done, bot } = openChat();
  const yes = { text: 'Yes', data: 'w:1:0' };
  bot(message(1, { buttons: [[{ text: 'Old', data: 'old' }]] }));
  bot(message(2, { buttons: [[yes], [{ text: 'No', data: 'w:1:1' }]] }));
  bot(message(3));
  await chat.enter('1');
  expect(done).toEqual([['press', 2, yes]]);
});

test('a number that is no button, and a phone number, are said as text', async () => {
  const { chat, done, bot } = openChat();
  bot(message(1, { buttons: [[{ text: 'Yes', data: 'y' }]] }));
  for (const line of ['0', '2', '87011234567', ':say 1']) await chat.enter(line);
  expect(done).toEqual([
    ['say', '0'],
    ['say', '2'],
    ['say', '87011234567'],
    ['say', '1'],
  ]);
});

test('buttons taken off a message cannot be pressed any more', async () => {
  const { chat, done, bot } = openChat();
  bot(message(1, { buttons: [[{ text: 'Yes', data: 'y' }]] }));
  bot(message(1, { edited: true }));
  await chat.enter('1');
  expect(done).toEqual([['say', '1']]);
});

test('a link button is shown, not pressed', async () => {
  const { chat, done, lines, bot } = openChat();
  bot(message(1, { buttons: [[{ text: 'Site', url: 'https://example.com' }]] }));
  await chat.enter('1');
  expect(done).toEqual([]);
  expect(lines.at(-1)).toBe('This button opens https://example.com');
});

test('words with a colon are for the chat, words with a slash for the bot', async () => {
  const { chat, done, lines } = openChat();
  for (const line of ['/help', ':contact', ':voice', ':photo', ':nonsense', ':help', '   ']) {
    expect(await chat.enter(line)).toBe('stay');
  }
  expect(done).toEqual([['say', '/help'], ['shareContact'], ['sendFile', 'voice'], ['sendFile', 'photo']]);
  expect(lines.join('\n')).toContain('There is no :nonsense.');
  expect(await chat.enter('/quit')).toBe('quit');
  expect(await chat.enter(' :quit ')).toBe('quit');
});

test('what does not reach the bot is told, and the chat goes on', async () => {
  const { chat, customer, lines } = openChat();
  customer.say = async () => {
    throw new Error('the sandbox is gone');
  };
  expect(await chat.enter('hello')).toBe('stay');
  expect(lines).toEqual(['That did not reach the bot: the sandbox is gone']);
});

test('under an answer stands its run in one line', async () => {
  const { lines, bot } = openChat(async () => run({ state: 'waiting_user', waitingOn: 'customer' }));
  bot(message(1));
  await vi.waitFor(() => expect(lines).toHaveLength(2));
  expect(lines[1]?.trim()).toBe('run r-1 · answer · waiting_user (customer) · 1.2 s · http://ui/r-1');
});

test('a reply in parts has the line once, under its last part, in whatever order the lookups end', async () => {
  for (const order of [
    [0, 1, 2],
    [2, 0, 1],
  ]) {
    const ends: (() => void)[] = [];
    const { lines, bot } = openChat(() => new Promise((resolve) => ends.push(() => resolve(run()))));
    for (const id of [1, 2, 3]) bot(message(id));
    for (const index of order) ends[index]?.();
    await vi.waitFor(() =>
      expect(lines.filter((line) => line.includes('run r-1')).length).toBeGreaterThan(0),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(lines.filter((line) => line.includes('run r-1'))).toHaveLength(1);
    expect(lines.at(-1)).toContain('run r-1');
  }
});

test('a message that no run sent, or whose run cannot be read, is shown all the same', async () => {
  const { lines, bot } = openChat(async (id) => {
    if (id === 2) throw new Error('no database');
    return undefined;
  });
  bot(message(1));
  bot(message(2));
  await vi.waitFor(() => expect(lines).toHaveLength(3));
  expect(lines[2]).toBe('The run cannot be read: no database');
});

test('entities become colours, nested ones both, and a link shows its target', () => {
  const entities = [
    { type: 'bold', offset: 0, length: 9 },
    { type: 'italic', offset: 5, length: 4 },
    { type: 'text_link', offset: 10, length: 4, url: 'https://example.com' },
  ];
  const shown = renderText('bold both link end', entities);
  expect(shown).toBe(
    '\u001b[1mbold \u001b[0m\u001b[1;3mboth\u001b[0m \u001b[4;34mlink\u001b[0m (https://example.com) end',
  );
});

test('offsets count UTF-16 units, and entities outside the text do no harm', () => {
  const entities = [
    { type: 'code', offset: 3, length: 2 },
    { type: 'bold', offset: 90, length: 5 },
    { type: 'italic', offset: -4, length: 2 },
  ];
  expect(renderText('🙂 ok', entities)).toBe('🙂 \u001b[36mok\u001b[0m');
  expect(renderText('', entities)).toBe('');
});

test('control characters from a message never reach the terminal', () => {
  const evil = 'a\u001b[2Jb\u0007c\u009bd\re\nf\tg';
  expect(renderText(evil, [])).toBe('a [2Jb c d e\nf\tg');
  const shown = renderMessage(message(1, { text: '', buttons: [[{ text: 'x\u001b]0;y', data: 'z' }]] }));
  expect(stripVTControlCharacters(shown)).not.toContain('\u001b');
});

test('buttons are numbered over all rows', () => {
  const buttons = [
    [
      { text: 'A', data: 'a' },
      { text: 'B', data: 'b' },
    ],
    [{ text: 'C', url: 'https://c' }],
  ];
  const shown = stripVTControlCharacters(renderMessage(message(1, { buttons })));
  expect(shown.split('\n').slice(1)).toEqual(['      [1] A   [2] B', '      [3] C (https://c)']);
});
