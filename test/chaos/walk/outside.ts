import { createSandboxClient, type MischiefRule, type SandboxClient } from '../../../sandbox/client.ts';
import type { Lane } from '../wire/lane.ts';

/** Phones of Kazakhstan as customers of the scripts write them; the last seven digits are the subscriber's. */
const PHONE = /(?:\+7|8)[\s-]?7\d\d(?:[\s-]?\d){7}/g;
const SUBSCRIBER = /7\d\d(\d{7})(?!\d)/g;

/** The same phone with digits of one's own, since a phone that two customers share makes one lead of two. */
export function ownPhone(text: string, chatId: number): string {
  return text.replace(PHONE, (phone) => {
    const digits = [...String(chatId).padStart(7, '0').slice(-7)];
    return [...phone]
      .toReversed()
      .map((char) => (/\d/.test(char) && digits.length > 0 ? (digits.pop() ?? char) : char))
      .toReversed()
      .join('');
  });
}

/** The customer whose phone a text holds. */
export const chatOfPhone = (text: string, isChat: (id: number) => boolean): number | undefined =>
  [...text.replaceAll(/[\s+-]/g, '').matchAll(SUBSCRIBER)].map((found) => Number(found[1])).find(isChat);

/** The services outside, as one customer's script sees them: what it breaks is broken for this customer alone. */
export function outsideOf(
  lane: Lane,
  controlUrl: string,
  /** Hears the ids of what is in the CRM already. */
  onSeeded: (id: number) => void,
): SandboxClient & { scripted: MischiefRule[] } {
  const outside = createSandboxClient(controlUrl);
  const { telegram, bitrix, mischief } = outside;
  const scripted: MischiefRule[] = [];
  const own = (text: string) => ownPhone(text, lane.chatId);

  const add = mischief.add.bind(mischief);
  mischief.add = (rule) => {
    scripted.push(rule);
    const { service } = rule;
    return add(
      rule.kind === 'refuse_connections'
        ? { service, kind: 'lose_request', lane: String(lane.chatId) }
        : { ...rule, lane: String(lane.chatId) },
    );
  };
  const seed = bitrix.seed.bind(bitrix);
  bitrix.seed = async (kind, { phones = [], ...rest }) => {
    const seeded = await seed(kind, { ...rest, phones: phones.map(own) });
    onSeeded(seeded.id);
    return seeded;
  };
  const say = telegram.say.bind(telegram);
  telegram.say = (chat, text, options) => say(chat, own(text), options);
  const edit = telegram.edit.bind(telegram);
  telegram.edit = (chat, message, text, options) => edit(chat, message, own(text), options);
  const share = telegram.shareContact.bind(telegram);
  telegram.shareContact = (chat, contact) => share(chat, { ...contact, phone: own(contact.phone) });
  return Object.assign(outside, { scripted });
}
