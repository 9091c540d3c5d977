import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Envelope } from '../../domain/envelope.ts';
import type { ProcessDefinition, Trigger } from '../kit/definition.ts';
import { route } from './route.ts';
import { Waits } from './waits.ts';

const titles = { ru: 'x', kk: 'x', en: 'x' };
const process = (name: string, ...triggers: Trigger[]): ProcessDefinition => ({
  name,
  title: titles,
  purpose: 'x',
  input: z.object({}),
  triggers,
  examples: [{ title: 'x', customer: [], ends: 'succeeded' }],
});
const definitions = [
  process('order', { on: 'command', command: 'order' }, { on: 'button', prefix: 'order' }),
  process('card', { on: 'message', kind: 'contact' }),
];
const envelope = (over: Partial<Envelope>): Envelope => ({
  number: 1,
  messageId: 'm',
  platformId: '50',
  kind: 'text',
  hasText: true,
  locale: 'ru',
  correlationId: 'c',
  ...over,
});
const open = () => {
  const waits = new Waits();
  waits.register({ waitId: 'w1', workflowId: 'run', choices: 2, expiresAt: 1e12 }, 0);
  waits.arm('w1', '40');
  return waits;
};
const to = (over: Partial<Envelope>, { waits = new Waits(), turnOpen = false } = {}) =>
  route(envelope(over), { definitions, waits, turnOpen, now: 1 });
const button = (data: string) => ({
  kind: 'button' as const,
  hasText: false,
  button: { data, callbackId: 'cb' },
});

describe('route', () => {
  it.each([
    ['a text', {}, 'turn'],
    ['a caption', { kind: 'image' as const }, 'turn'],
    ['a picture', { kind: 'image' as const, hasText: false }, 'unread'],
    ['a place', { kind: 'location' as const }, 'unread'],
    ['a sticker', { kind: 'sticker' as const, hasText: false }, 'nothing'],
    ['a greeting', { hint: 'greeting' as const }, 'greeting'],
    ['thanks', { hint: 'smalltalk' as const }, 'nothing'],
    ['a wish for a person', { hint: 'human' as const }, 'human'],
    ['"cancel" when there is nothing to cancel', { hint: 'cancel' as const }, 'turn'],
    ['an item of an album', { kind: 'image' as const, albumId: 'a' }, 'album'],
    ['an edited picture', { kind: 'image' as const, hasText: false, edits: '4' }, 'nothing'],
    ['a moving place', { kind: 'location' as const, edits: '4' }, 'nothing'],
    [
      'anything of a suspended customer',
      { suspendedUntil: 'x', command: { name: 'order', args: '' } },
      'suspended',
    ],
    ['an edited text', { edits: '4' }, 'turn'],
    ['an unknown command', { command: { name: 'abc', args: '' } }, 'command'],
    ['a command of a process', { command: { name: 'order', args: '' } }, 'process'],
    ['a contact', { kind: 'contact' as const }, 'process'],
    ['a button of ours', button('w:abc:1'), 'button'],
    ['a language button', button('lang:kk'), 'language'],
    ['a button of a process', button('order:7'), 'process'],
    ['a button that says its own words', button('say:Оформить'), 'turn'],
    ['a button of nobody', button('nobody:7'), 'expired_button'],
    ['an empty button', button(''), 'expired_button'],
  ])('%s', (_, over, expected) => {
    expect(to(over).to).toBe(expected);
  });

  it('while a question is open, what is written is its reply; commands and buttons are not', () => {
    const waits = open();
    expect(to({}, { waits }).to).toBe('reply');
    expect(to({ kind: 'contact' }, { waits }).to).toBe('reply');
    expect(to({ hint: 'human' }, { waits }).to).toBe('reply');
    expect(to({ hint: 'cancel' }, { waits }).to).toBe('cancel');
    expect(to({ command: { name: 'help', args: '' } }, { waits }).to).toBe('command');
    expect(to(button('w:w1:0'), { waits }).to).toBe('button');
    expect(to({ kind: 'audio', hasText: false }, { waits }).to).toBe('unread');
    expect(to({ kind: 'sticker', hasText: false }, { waits }).to).toBe('nothing');
  });

  it('while a turn is open, a greeting is part of it and "cancel" stops it', () => {
    expect(to({ hint: 'greeting' }, { turnOpen: true }).to).toBe('nothing');
    expect(to({ hint: 'cancel' }, { turnOpen: true }).to).toBe('cancel');
  });
});
