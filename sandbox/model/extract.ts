import { topicOf } from './classify.ts';
import type { Conversation } from './conversation.ts';

const PHONE = /(?:\+|\b)\d[\d\s().-]{8,17}\d\b/g;
const EMAIL = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/;
const NAME =
  /(?<!\p{L})(?:меня зовут|мо[её] имя|это|я\s*[-—–]|зовут|менің атым|менин атым|атым|my name is|this is|i am|i'm)\s*[:,-]?\s*(\p{Lu}[\p{L}'-]+(?:\s+\p{Lu}[\p{L}'-]+)?)/iu;
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
  // Nothing but a name beside a number is the name.
  const bare = said.map((text) =>
    text.search(PHONE) < 0 ? undefined : BARE_NAME.exec(withoutNumbers(text))?.[1],
  );
  return bare.findLast((name) => name !== undefined);
}

const BARE_NAME = /^(\p{Lu}\p{Ll}+(?: \p{Lu}\p{Ll}+)?)$/u;

function withoutNumbers(text: string): string {
  return text
    .replace(EMAIL, '')
    .replace(PHONE, '')
    .replace(/[\s,.;:]+$/, '')
    .trim();
}

const GREETING =
  /^(?:здравствуйте|привет|добрый (?:день|вечер)|сәлем(?:етсіз бе)?|салем|hello|hi)(?!\p{L})[\s,!.]*/iu;
const EMPTY_CLAUSE =
  /^(?:(?:и|а|and|my|me|is|at|on|мой|моя|вот|это|мне|менің|phone|number|tel|call|телефон|тел|номер|перезвоните|позвоните|нөмірім|почта|e-?mail)[\s:.—–-]*)*$/iu;
const VAGUE = /^(?:(?:я )?хочу )?(?:остав(?:ить|лю)|подать)?\s*заявк[уа]$|^өтінім(?: қалдыр\S*)?$/iu;

/**
 * What the customer wants: the message that reads like an order, else the last one that says something
 * of its own, freed of greeting, name and numbers.
 */
export function findNeed({ said }: Conversation): string | undefined {
  const own = (text: string) => {
    const rest = withoutNumbers(text);
    return ['unknown', 'task'].includes(topicOf(rest)) && rest.includes(' ') && !BARE_NAME.test(rest);
  };
  const source = said.findLast((text) => topicOf(text) === 'lead') ?? said.findLast(own);
  if (source === undefined) return undefined;
  const clauses = source
    .replace(EMAIL, '')
    .replace(PHONE, '')
    .replace(GREETING, '')
    .split(/(?<=[.!?;,\n])\s*/)
    .map((clause) => withoutName(clause).replace(/\s+/g, ' ').trim())
    .filter((clause) => !EMPTY_CLAUSE.test(clause.replace(/[\s.,;:!?()]+$/, '')));
  const need = clauses.join(' ').replace(/[\s,;:—–-]+$/, '');
  // "I want to leave a request" says that something is wanted, not what.
  return need === '' || VAGUE.test(need.replace(/[.!]+$/, '')) ? undefined : need.slice(0, 300);
}

function withoutName(clause: string): string {
  const found = NAME.exec(clause);
  const name = findName({ last: clause, said: [clause], context: '' });
  if (!found || name === undefined) return clause;
  const end = found.index + found[0].indexOf(name) + name.length;
  return `${clause.slice(0, found.index)}${clause.slice(end)}`;
}
