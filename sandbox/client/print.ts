import type { TranscriptEvent } from '../telegram/transcript.ts';

function describe(event: TranscriptEvent): string {
  const { kind, text, action, media, contact, location, buttons, status, callbackId } = event;
  const content = [
    text,
    action,
    status,
    media && `[${media.kind} ${media.fileName ?? media.fileId}]`,
    contact && `[contact ${contact.first_name} ${contact.phone_number}]`,
    location && `[location ${location.latitude}, ${location.longitude}]`,
    callbackId !== undefined && kind === 'callback_answer' ? '[button acknowledged]' : undefined,
    buttons?.map((row) => row.map((button) => `[${button.text}]`).join(' ')).join(' / '),
  ];
  return content.filter((part) => part !== undefined && part !== '').join(' ');
}

/** A transcript for people, one line for each event. */
export function printTranscript(events: readonly TranscriptEvent[]): string {
  if (events.length === 0) return '(nothing happened in this chat)';
  return events
    .map((event) => {
      const who = event.direction === 'in' ? '→' : '←';
      const id = event.messageId === undefined ? '' : ` #${event.messageId}`;
      const kind = event.kind === 'message' ? '' : ` (${event.kind})`;
      return `${event.at.slice(11, 23)} ${who}${id}${kind} ${describe(event)}`;
    })
    .join('\n');
}
