import { ANSWER_WORDS, HUMAN_WORDS, LEAD_WORDS, TASK_WORDS } from '../intent/lexicon.ts';
import { compile, weigh } from '../intent/match.ts';
import { tokens } from '../intent/normalise.ts';
import { looksLikeQuestion } from '../intent/signals.ts';
import { smalltalkCore } from '../intent/smalltalk-words.ts';
import { lazy } from '../lazy.ts';

/** A name and where it stands, introduction included. */
interface LocatedName {
  name: string;
  start: number;
  end: number;
}

const MAX_LENGTH = 300;
/** Whatever follows these is a name, in capitals or not. */
const SAYS_NAME =
  /(?<!\p{L})(?:меня\s+зовут|мо[её]\s+имя|зовут(?:\s+меня)?|имя\s*:|фио\s*:|(?:менің\s+|менин\s+|менiн\s+|menin\s+)?(?:атым|atym|atim|есімім|есимим|аты-жөнім|аты\s*:)|my\s+name\s+is|my\s+name['’]s|name\s*:|name\s+is)\s*[-:—]?\s*/iu;
/** After these only a capital tells a name from any other word. */
const MAY_SAY_NAME =
  /(?<!\p{L})(?:это|я|мен|бұл|this\s+is|i\s+am|i['’]m|it['’]s|call\s+me)\s*[-:—]?\s*(?=\p{Lu}|\P{L})/giu;
const CAPITALISED =
  /^\p{Lu}[\p{L}'’]+(?:-\p{L}[\p{L}'’]+)?(?:[ \t]+\p{Lu}[\p{L}'’]+(?:-\p{L}[\p{L}'’]+)?){0,2}(?!\p{L})/u;
const ANY_CASE = /^\p{L}[\p{L}'’]+(?:-\p{L}[\p{L}'’]+)?(?!\p{L})/u;
const ALONE_ANY_CASE =
  /^\p{L}[\p{L}'’]+(?:-\p{L}[\p{L}'’]+)?(?:[ \t]+\p{L}[\p{L}'’]+){0,2}(?=\s*(?:[.,!;\n]|$))/u;
/** "Айгүлмін" is "I am Айгүл". */
const KAZAKH_I_AM = /(?<=^\p{Lu}\p{L}{2,})(?:м[іиы]н|п[іиы]н|б[іиы]н)$/u;
const otherWords = lazy(() =>
  compile(
    [ANSWER_WORDS, LEAD_WORDS, TASK_WORDS, HUMAN_WORDS].flatMap((lexicon) => Object.values(lexicon).flat()),
  ),
);
const noNames = lazy(
  () =>
    new Set(
      'не нет никак никто аноним анонимно потом позже секрет зачем вам мне это тут там он она они мы вы the a an not just from here back today tomorrow later none nobody anonymous жоқ керек'.split(
        ' ',
      ),
    ),
);

/** A name that the text introduces: "меня зовут Анна", "менің атым Айгүл", "это Пётр". */
export function introducedName(text: string): LocatedName | undefined {
  const said = SAYS_NAME.exec(text);
  if (said) {
    const start = said.index + said[0].length;
    const rest = text.slice(start);
    const words = CAPITALISED.exec(rest)?.[0] ?? lowerCaseName(rest);
    if (words && !isNoName(words))
      return { name: inCapitals(words), start: said.index, end: start + words.length };
  }
  for (const maybe of text.matchAll(MAY_SAY_NAME)) {
    const start = maybe.index + maybe[0].length;
    const words = CAPITALISED.exec(text.slice(start))?.[0];
    if (!words || isNoName(words) || hasOtherMeaning(words)) continue;
    const name = /^мен/iu.test(maybe[0]) ? words.replace(KAZAKH_I_AM, '') : words;
    return { name: inCapitals(name), start: maybe.index, end: start + words.length };
  }
  return undefined;
}

/** After an introduction: all the words up to the next stop, unless they go on to say something else. */
function lowerCaseName(rest: string): string | undefined {
  const alone = ALONE_ANY_CASE.exec(rest)?.[0];
  return alone && !hasOtherMeaning(alone) ? alone : ANY_CASE.exec(rest)?.[0];
}

/** Whether these words can be nothing but a name: one to three, in capitals, with no meaning of their own. */
export const isBareName = (words: string): boolean =>
  CAPITALISED.exec(words)?.[0] === words && !isNoName(words) && !hasOtherMeaning(words);

/** The name in a reply to "What is your name?": introduced, or one to three words that mean nothing else. */
export function findName(text: string): string | undefined {
  const reply = text.normalize('NFC').trim().slice(0, MAX_LENGTH);
  const introduced = introducedName(reply);
  if (introduced) return introduced.name;
  const first = (reply.split(/[,;:\n(]|\s[-–—]\s|\s*\+?\d/u)[0] ?? '').replace(/[.!\s]+$/u, '');
  if (looksLikeQuestion(reply) || ALONE_ANY_CASE.exec(first)?.[0] !== first) return undefined;
  return isNoName(first) || hasOtherMeaning(first) ? undefined : inCapitals(first);
}

const isNoName = (words: string): boolean =>
  tokens(words).some((word) => smalltalkCore().has(word)) ||
  words
    .toLowerCase()
    .split(/\s+/u)
    .some((word) => noNames().has(word));

/** Two capitalised words are a name even where one begins like another word ("Бронислав", "Вернер"). */
function hasOtherMeaning(words: string): boolean {
  const capitals = words.split(/\s+/u).filter((word) => /^\p{Lu}/u.test(word)).length;
  return capitals < 2 && weigh(tokens(words), otherWords()) > 0;
}

const inCapitals = (words: string): string =>
  words
    .split(/\s+/u)
    .map((word) =>
      word
        .split('-')
        .map((part) => (/^\p{Lu}.*\p{Ll}/u.test(part) ? part : capital(part)))
        .join('-'),
    )
    .join(' ');
const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();
