import { topicOf } from './classify.ts';
import type { Conversation } from './conversation.ts';
import { type Language, languageOf } from './language.ts';
import { longAnswer } from './long-answer.ts';

const IN_DETAIL = /подробн|полностью|развернут|развёрнут|толық|толык|in detail|detailed|in full|at length/i;
const WITH_BUTTONS = /с кнопк|кнопками|батырма|түймелер|with buttons/i;

interface Sentences {
  greeting: string;
  thanks: string;
  about: (fragment: string) => string;
  known: (fact: string) => string;
  more: string;
  buttons: [string, string];
  pick: string;
}

const SENTENCES: Record<Language, Sentences> = {
  ru: {
    greeting: 'Здравствуйте! Чем могу **помочь**?',
    thanks: 'Пожалуйста! Обращайтесь.',
    about: (fragment) => `По вашему вопросу «${fragment}»: вот **короткий ответ**.`,
    known: (fact) => `Известно следующее: ${fact}`,
    more: 'Если нужно больше, напишите *подробно*.',
    buttons: ['Да', 'Нет'],
    pick: 'Выберите вариант:',
  },
  kk: {
    greeting: 'Сәлеметсіз бе! Қалай **көмектесе** аламын?',
    thanks: 'Оқасы жоқ! Хабарласыңыз.',
    about: (fragment) => `«${fragment}» деген сұрағыңыз бойынша **қысқа жауап**.`,
    known: (fact) => `Мынадай мәлімет бар: ${fact}`,
    more: 'Көбірек керек болса, *толық* деп жазыңыз.',
    buttons: ['Иә', 'Жоқ'],
    pick: 'Нұсқаны таңдаңыз:',
  },
  en: {
    greeting: 'Hello! How can I **help**?',
    thanks: 'You are welcome!',
    about: (fragment) => `On your question “${fragment}”: here is the **short answer**.`,
    known: (fact) => `This is known: ${fact}`,
    more: 'For more, ask for it *in detail*.',
    buttons: ['Yes', 'No'],
    pick: 'Choose one:',
  },
};

/** Lines of the prompt that share words with the question, best first. */
function factFor(question: string, context: string): string | undefined {
  const stem = (word: string) => word.toLowerCase().slice(0, 5);
  const asked = new Set((question.match(/\p{L}{4,}/gu) ?? []).map(stem));
  const scored = context
    .split(/\n+/)
    .map((line) => line.trim().replace(/^[-*•]\s*/, ''))
    .filter((line) => line.length > 15 && line.length < 400)
    .map((line) => ({
      line,
      score: (line.match(/\p{L}{4,}/gu) ?? []).filter((word) => asked.has(stem(word))).length,
    }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
  return scored[0]?.line;
}

/** The answer in Markdown; a fenced JSON object with buttons when buttons were asked for. */
export function freeText(conversation: Conversation): string {
  const { last, context } = conversation;
  const language = languageOf(last);
  const words = SENTENCES[language];
  if (IN_DETAIL.test(last)) return longAnswer(last, language);
  if (WITH_BUTTONS.test(last)) {
    const buttons = words.buttons.map((text, index) => ({ text, data: `choice:${index + 1}` }));
    return `\`\`\`json\n${JSON.stringify({ text: words.pick, buttons }, null, 2)}\n\`\`\``;
  }
  const topic = topicOf(last);
  if (topic === 'greeting') return words.greeting;
  if (topic === 'thanks') return words.thanks;
  const fragment = last.replace(/\s+/g, ' ').trim().slice(0, 80);
  const fact = factFor(last, context);
  return [words.about(fragment), ...(fact ? [words.known(fact)] : []), words.more].join('\n\n');
}
