import { compile, matchesStem } from '../intent/match.ts';
import { tokens } from '../intent/normalise.ts';
import { smalltalkCore, smalltalkFiller } from '../intent/smalltalk-words.ts';
import { lazy } from '../lazy.ts';
import { introducedName, isBareName } from './person-name.ts';
import { locatePhone, plainText } from './phone-number.ts';

export interface LeadDetails {
  name?: string;
  /** E.164. */
  phone?: string;
  /** What is wanted, in the customer's words. */
  need?: string;
}

const MAX_NEED = 1_000;
const PHONE_LABEL =
  /(?<!\p{L})(?:мой|моя|мои|вот|менің|менин|my)?\s*(?:номер\p{L}*|нөмірім|номирим|телефон\p{L}*|тел|сот\p{L}*|моб\p{L}*|ватсап\p{L}*|whatsapp|phone|number|mobile|tel)(?:\s+(?:телефона?|number|is))?\s*[.:-]*\s*$/iu;
const GREETING =
  /^[\s,.!]*(?:здравствуйте|здрав?ствуй|здрасте|добр(?:ый|ое|ого)\s+(?:день|вечер|утро)|привет|с[әа]леметс[іи]з\s*(?:бе)?|с[әа]лем|ассалаумаг?ғ?алейкум|hello|hi|hey|good\s+(?:morning|day|evening|afternoon))(?!\p{L})[\s,.!]*/iu;
/** Words of every lead, which tell nothing about this one. */
const genericWords = lazy(() =>
  compile(
    `хочу хотел хотела можно нужно надо остав заявк перезвон позвон набер свяж жду звонк пожалуйст
   өтінім қалдыр керек маған хабарлас звонда қоңырау шал болады want like leave request call back contact please and the и мне для на этот номер`.split(
      /\s+/u,
    ),
  ).flat(),
);

/** Name, phone and need as far as rules can tell them; what is not told is absent. */
export function extractLeadByRules(text: string, defaultCountry: string): LeadDetails {
  const plain = plainText(text);
  const phone = locatePhone(plain, defaultCountry);
  const parts =
    'e164' in phone
      ? [plain.slice(0, phone.start).replace(PHONE_LABEL, ''), plain.slice(phone.end)]
      : [plain];
  const withName = parts.map((part, index) => nameIn(part, index, parts.length > 1));
  const name = withName.find((part) => part.name)?.name;
  const need = needIn(withName.map((part) => part.rest).join(' '));
  return {
    ...(name ? { name } : {}),
    ...('e164' in phone ? { phone: phone.e164 } : {}),
    ...(need ? { need } : {}),
  };
}

/** An introduced name, or a bare one beside the phone: "Анна, 8701…", "8701… Анна". */
function nameIn(part: string, index: number, besidePhone: boolean): { name?: string; rest: string } {
  const introduced = introducedName(part);
  if (introduced) {
    return {
      name: introduced.name,
      rest: `${part.slice(0, introduced.start)} ${part.slice(introduced.end)}`,
    };
  }
  if (!besidePhone) return { rest: part };
  const pieces = part.split(/(?<=[,.;:!\n])/u);
  const order = index === 0 ? pieces.map((_, at) => pieces.length - 1 - at) : pieces.map((_, at) => at);
  for (const at of order) {
    const words = (pieces[at] ?? '').replace(/[\s,.;:!()-]+$|^[\s,.;:!()-]+/gu, '');
    if (words === '') continue;
    if (isBareName(words)) return { name: words, rest: pieces.filter((_, piece) => piece !== at).join('') };
  }
  return { rest: part };
}

function needIn(text: string): string | undefined {
  const need = text
    .replace(GREETING, '')
    .replace(/\s+/gu, ' ')
    .replace(/(?:\s*[,;:.-]\s*){2,}/gu, ', ')
    .replace(/^[\s,.;:!-]+|[\s,;:-]+$/gu, '')
    .slice(0, MAX_NEED);
  const telling = tokens(need).some(
    (word) =>
      /^\p{L}{3,}/u.test(word) &&
      !smalltalkCore().has(word) &&
      !smalltalkFiller().has(word) &&
      !genericWords().some((stem) => matchesStem(word, stem)),
  );
  return telling ? need : undefined;
}
