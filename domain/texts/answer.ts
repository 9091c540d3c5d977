import { phrase, text } from './phrase.ts';

/** The process that answers questions. */
export const answer = {
  'answer.title': text({ ru: 'Ответ на вопрос', kk: 'Сұраққа жауап', en: 'Answer to a question' }),
  'answer.working': text({
    ru: 'Уже ищу ответ, нужно ещё немного времени.',
    kk: 'Жауабын іздеп жатырмын, сәл уақыт керек.',
    en: 'I am working on the answer, it needs a little more time.',
  }),
  'answer.unavailable': phrase([{ number: 12 }], {
    ru: ({ number }) =>
      `Сейчас я не могу ответить: сервис, который готовит ответы, недоступен. Ваш вопрос сохранён под номером №${number}, на него ответит сотрудник.`,
    kk: ({ number }) =>
      `Қазір жауап бере алмаймын: жауап дайындайтын қызмет істемей тұр. Сұрағыңыз №${number} нөмірімен сақталды, оған қызметкер жауап береді.`,
    en: ({ number }) =>
      `I cannot answer right now: the service that prepares answers is unavailable. Your question is saved as №${number} and a person will reply to it.`,
  }),
  'answer.truncated': text({
    ru: 'Ответ получился длинным и оборвался. Если нужно продолжение, напишите «дальше».',
    kk: 'Жауап ұзын болып, үзіліп қалды. Жалғасы керек болса, «әрі қарай» деп жазыңыз.',
    en: 'The answer was long and got cut off. If you need the rest, write “continue”.',
  }),
};
