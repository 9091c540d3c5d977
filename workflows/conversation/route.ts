import type { Envelope } from '../../domain/envelope.ts';
import { parseButtonData, wordsOfButton } from '../../domain/ids.ts';
import { directTrigger, type ProcessDefinition } from '../kit/definition.ts';
import type { Answered, HeldWait, Waits } from './waits.ts';

/** What is to be done with a message, decided without its text and without a model. */
export type Route =
  | { to: 'hold' }
  | { to: 'suspended'; until: string }
  | { to: 'limited' }
  | { to: 'album'; albumId: string }
  | { to: 'command'; name: string; args: string }
  | { to: 'button'; wait: string; choice: number }
  | { to: 'language'; locale: string }
  | { to: 'expired_button' }
  | { to: 'process'; definition: ProcessDefinition }
  | { to: 'reply'; wait: HeldWait }
  | { to: 'correction'; answered: Answered }
  | { to: 'cancel' }
  | { to: 'human' }
  | { to: 'greeting' }
  | { to: 'nothing' }
  | { to: 'unread' }
  | { to: 'turn' };

/** Callback data of the language buttons: `lang:kk`. */
export const LANGUAGE_BUTTON = 'lang';

export interface RouteContext {
  definitions: readonly ProcessDefinition[];
  waits: Waits;
  /** A turn is being thought about or answered: small talk belongs to it. */
  turnOpen: boolean;
  /** Epoch milliseconds. */
  now: number;
}

export function route(envelope: Envelope, { definitions, waits, turnOpen, now }: RouteContext): Route {
  const { button, command, kind, hint, suspendedUntil } = envelope;
  if (suspendedUntil !== undefined) return { to: 'suspended', until: suspendedUntil };
  if (envelope.limited) return { to: 'limited' };
  if (button) {
    const pressed = parseButtonData(button.data);
    if (pressed) return { to: 'button', ...pressed };
    const [prefix, value] = button.data.split(':');
    if (prefix === LANGUAGE_BUTTON && value !== undefined) return { to: 'language', locale: value };
    if (wordsOfButton(button.data)) return { to: 'turn' };
    const definition = directTrigger(definitions, envelope);
    return definition ? { to: 'process', definition } : { to: 'expired_button' };
  }
  if (command) {
    const definition = directTrigger(definitions, envelope);
    return definition ? { to: 'process', definition } : { to: 'command', ...command };
  }
  if (kind === 'sticker') return { to: 'nothing' };
  // A live location that moves, a picture that was exchanged: what was said about it still holds.
  if (envelope.edits !== undefined && !isReadable(envelope)) return { to: 'nothing' };
  if (envelope.albumId !== undefined && envelope.edits === undefined) {
    return { to: 'album', albumId: envelope.albumId };
  }
  if (isReadable(envelope)) {
    if (hint === 'cancel' && (waits.any || turnOpen)) return { to: 'cancel' };
    const reply = waits.route(envelope, now);
    if (reply.kind === 'hold') return { to: 'hold' };
    if (reply.kind === 'deliver') return { to: 'reply', wait: reply.wait };
    if (reply.kind === 'correct') return { to: 'correction', answered: reply.answered };
    const definition = directTrigger(definitions, envelope);
    if (definition) return { to: 'process', definition };
    if (hint === 'human') return { to: 'human' };
    if (hint === 'greeting' && !turnOpen) return { to: 'greeting' };
    if (hint === 'smalltalk' || hint === 'greeting') return { to: 'nothing' };
    return { to: 'turn' };
  }
  const definition = directTrigger(definitions, envelope);
  return definition ? { to: 'process', definition } : { to: 'unread' };
}

/** Text and contacts can be a reply or a turn; a caption is read, its picture not yet. */
const isReadable = (e: Envelope): boolean =>
  e.kind === 'text' || e.kind === 'contact' || (e.hasText && e.kind !== 'location');
