import { topicOf } from './classify.ts';
import type { Conversation } from './conversation.ts';

const PHONE = /(?:\+|\b)\d[\d\s().-]{8,17}\d\b/g;
const EMAIL = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/;
const NAME =
  /(?:меня зовут|мо[её] имя|это|я\s*[-—–]|зовут|менің атым|менин атым|атым|my name is|this is|i am|i'm)\s*[:,-]?\s*(\p{Lu}[\p{L}'-]+(?:\s+\p{Lu}[\p{L}'-]+)?)/iu;
const NOT_NAMES =
  /^(хочу|нужн|заказ|очень|про|the|a|an|interested|looking|calling|here|not|мне|срочно|важно)/i;

/** The customer's phone as written, the last one given. */
export function findPhone({ said }: Conversation): string | undefined {
  for (const text of [...said].reverse()) {
    const found = [...text.matchAll(PHONE)].map(([match]) => match.trim());
    const phone = found.find((candidate) => {
      const digits = candidate.replace(/\D/g, '').length;
      return digits >= 10 && digits <= 15;
    });
    if (phone) return phone;
  }
  return undefined;
}

export function findEmail({ said }: Conversation): string | undefined {
  return said.map((text) => EMAIL.exec(text)?.[0]).findLast((found) => found !== undefined);
}

export function findName({ said }: Conversation): string | undefined {
  for (const text of [...said].reverse()) {
    const name = NAME.exec(text)?.[1];
    // The pattern ignores case for its words, so the capital has to be checked again.
    if (name && /^\p{Lu}/u.test(name) && !NOT_NAMES.test(name)) {
      return name
        .split(/\s+/)
        .filter((word) => /^\p{Lu}/u.test(word))
        .join(' ');
    }
  }
  return undefined;
}

const FILLER =
  /^(?:здравствуйте|привет|добрый (?:день|вечер)|сәлем(?:етсіз бе)?|салем|hello|hi)[\s,!.]*|(?:меня зовут|мо[её] имя|менің атым|my name is)\s+\p{Lu}?[\p{L}'-]+(?:\s+\p{Lu}[\p{L}'-]+)?[\s,.!]*|(?:мой )?(?:телефон|номер|phone|нөмірім)\s*[:—–-]?\s*(?=\+?\d)/giu;

/** What the customer wants: the message that reads like an order, freed of greeting, name and numbers. */
export function findNeed({ said }: Conversation): string | undefined {
  const text = said.findLast((one) => topicOf(one) === 'lead');
  if (text === undefined) return undefined;
  const need = text
    .replace(EMAIL, '')
    .replace(PHONE, '')
    .replace(FILLER, '')
    .replace(/\s+/g, ' ')
    .replace(/^[\s,.;:!-]+|[\s,;:-]+$/g, '')
    .trim();
  if (need === '') return undefined;
  // "I want to leave a request" says that something is wanted, not what.
  const vague =
    /^(?:(?:я )?хочу )?(?:остав(?:ить|лю)|подать)?\s*заявк[уа][\s.!]*$|^өтінім(?: қалдыр\S*)?[\s.!]*$/i;
  return vague.test(need) ? undefined : need.slice(0, 300);
}
