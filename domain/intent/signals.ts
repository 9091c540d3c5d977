import { lazy } from '../lazy.ts';
import { ANSWER_WORDS, LEAD_WORDS } from './lexicon.ts';
import { compile, locate, matchesStem } from './match.ts';
import { tokens } from './normalise.ts';
import { compileLexicon, heaviest } from './rivals.ts';
import { smalltalkCore, smalltalkFiller, smalltalkPhrases } from './smalltalk-words.ts';

const GESTURE = /\p{Extended_Pictographic}|^\s*\++\s*$|[:;]-?[)D]|^\s*\)+\s*$/u;
const MAX_SMALLTALK_WORDS = 9;

/** Pure thanks, "ok", greeting, farewell or emoji: nothing that asks for an answer. */
export function isSmallTalk(text: string): boolean {
  const words = tokens(text);
  if (words.length === 0) return GESTURE.test(text);
  if (words.length > MAX_SMALLTALK_WORDS) return false;
  const joined = ` ${words.filter((word) => word !== '?').join(' ')} `;
  const rest = smalltalkPhrases().reduce((left, phrase) => left.replace(` ${phrase} `, '  '), joined);
  const ritual = rest !== joined;
  const left = rest.split(' ').filter((word) => word !== '');
  if (words.includes('?') && !ritual) return false;
  return (
    left.every((word) => isCore(word) || smalltalkFiller().has(word)) &&
    (ritual || left.some((word) => isCore(word)))
  );
}

const greetings = lazy(
  () =>
    new Set(
      tokens(
        `привет приветик приветствую здравствуйте здраствуйте здравствуй здрасте здрасьте хай алло салам салем сәлем сәлеметсіз сәлеметсізбе
     сәлеметсіңбе ассалаумағалейкум ассалаумағаләйкүм ассаламуалейкум hello hi hey hiya yo salem salemetsiz privet`,
      ),
    ),
);
const PART_OF_DAY = /^(?:добр|кайирли|good)/u;

/** Nothing but a greeting: small talk that opens a conversation. */
export function isGreeting(text: string): boolean {
  if (!isSmallTalk(text)) return false;
  const [first = '', second] = tokens(text);
  return (
    greetings().has(first) || (PART_OF_DAY.test(first) && second !== undefined && timesOfDay().has(second))
  );
}

const timesOfDay = lazy(
  () => new Set(tokens('день дня вечер вечера утро утра ночи күн кеш таң morning day evening afternoon')),
);

/** Long words of the core forgive a typo: "спосибо", "здраствуйте". */
const isCore = (word: string): boolean =>
  smalltalkCore().has(word) ||
  (word.length >= 6 &&
    longCore().some((core) => Math.abs(core.length - word.length) <= 1 && matchesStem(word, core)));
const longCore = lazy(() => [...smalltalkCore()].filter((core) => core.length >= 6));

const questionWords = lazy(() =>
  compile(
    `сколько скока почем где куда откуда когда как какой какая какое какие какую почему зачем кто чей
   қанша қашан қайда қайдан қандай қалай неге кім неше нешеде
   how what whats where when which why who`.split(/\s+/u),
  ).flat(),
);
const questionOpenings = lazy(() =>
  compile([
    'а можно',
    'можно ли',
    'есть ли',
    'а есть',
    'а вы',
    'у вас есть',
    'подскажите',
    'скажите',
    'do you',
    'are you',
    'is there',
    'can i',
    'can you',
    'does it',
    'tell me',
  ]),
);
const KAZAKH_PARTICLE = /^(?:ма|ме|ба|бе|па|пе)$/u;

/** A question of the customer's own, while it was they who were asked something. */
export function looksLikeQuestion(text: string): boolean {
  const words = tokens(text);
  const plain = words.filter((word) => word !== '?');
  const asks = plain.slice(0, 3).some((word) => questionWords().includes(word));
  const opens = questionOpenings().some((opening) => locate(plain, opening, 0));
  const particle = plain.length > 1 && KAZAKH_PARTICLE.test(plain.at(-1) ?? '');
  if (asks || opens || particle) return true;
  return words.includes('?') && plain.length > 1;
}

const shipped = lazy(() => [
  { intent: 'answer', patterns: compileLexicon(ANSWER_WORDS) },
  { intent: 'lead', patterns: compileLexicon(LEAD_WORDS) },
]);
/** About a phrase of two words: one word alone ("специалист") may belong to any wish. */
const CLEAR_WEIGHT = 2.3;

/**
 * Asks for a person in so many words, or is angry in so many: certain enough to act on before, and
 * without, classification. Weaker signs are left to it.
 */
export function wantsHuman(text: string): boolean {
  if (isSmallTalk(text)) return false;
  const words = tokens(text);
  const { intent, weight } = heaviest(words, shipped());
  return (
    intent === 'human' && (weight >= CLEAR_WEIGHT || words.filter((word) => !COURTESY.has(word)).length === 1)
  );
}

const COURTESY = new Set(['пожалуйста', 'мне', 'please', 'маган', '?']);

const cancelWords = lazy(() =>
  compile([
    'отмена',
    'отмените',
    'отменить',
    'отмени',
    'отменяю',
    'отменяем',
    'стоп',
    'хватит',
    'прекратите',
    'не надо',
    'не нужно',
    'не хочу',
    'передумал',
    'остановите',
    'забудьте',
    'бас тарт',
    'керек емес',
    'болдырма',
    'тоқта',
    'қажет емес',
    'айныдым',
    'cancel',
    'stop',
    'never mind',
    'nevermind',
    'forget it',
    'changed my mind',
    'quit',
  ]),
);
const cancelFiller = lazy(
  () =>
    new Set(
      tokens(
        `я мне мы это все всё уже ничего больше хочу давайте давай лучше пожалуйста спасибо нет заявку запрос ок хорошо тогда наверное
     мен маған жоқ қазір енді рахмет өтінімді өтініш керек i it this that please the all no thanks my request just want to`,
      ),
    ),
);
const MAX_CANCEL_WORDS = 8;

/**
 * Wishes to stop what the bot is asking about. Nothing else may be said: "cancel my order" is a task,
 * "не хочу давать номер" an objection.
 */
export function wantsToCancel(text: string): boolean {
  const words = tokens(text);
  if (words.length === 0 || words.length > MAX_CANCEL_WORDS || words.includes('?')) return false;
  const said = new Set(
    cancelWords().flatMap((pattern) => words.flatMap((_, start) => locate(words, pattern, start) ?? [])),
  );
  return said.size > 0 && words.every((word, index) => said.has(index) || cancelFiller().has(word));
}
