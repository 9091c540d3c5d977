import { phrase, text } from './phrase.ts';

/** What is passed on to a person: a wish for one, and tasks that no process takes. */
export const requests = {
  'human.recorded': phrase([{ number: 12 }], {
    ru: ({ number }) =>
      `Понимаю, вам нужен человек. Записал вашу просьбу, её номер №${number}. Прямо сейчас сотрудников в чате нет, но с вами обязательно свяжутся.`,
    kk: ({ number }) =>
      `Түсінемін, сізге адам керек. Өтінішіңізді №${number} нөмірімен жазып қойдым. Дәл қазір чатта қызметкер жоқ, бірақ сізбен міндетті түрде хабарласады.`,
    en: ({ number }) =>
      `I understand, you would like a person. Your request is recorded as №${number}. Nobody is online in this chat right now, but a person will contact you.`,
  }),
  'human.already': phrase([{ number: 12 }], {
    ru: ({ number }) =>
      `Ваша просьба №${number} уже записана, сотрудник свяжется с вами. Если есть что добавить, напишите здесь: сообщение сохранится.`,
    kk: ({ number }) =>
      `№${number} өтінішіңіз жазылған, қызметкер сізбен хабарласады. Қосарыңыз болса, осында жазыңыз: хабарлама сақталады.`,
    en: ({ number }) =>
      `Your request №${number} is already recorded and a person will contact you. If there is more to add, write it here: it will be kept.`,
  }),
  'task.recorded': phrase([{ number: 12 }], {
    ru: ({ number }) =>
      `Сам я этого сделать не могу, поэтому записал вашу просьбу для сотрудника. Её номер №${number}, с вами свяжутся.`,
    kk: ({ number }) =>
      `Мұны өзім жасай алмаймын, сондықтан өтінішіңізді қызметкерге жазып қойдым. Нөмірі №${number}, сізбен хабарласады.`,
    en: ({ number }) =>
      `I cannot do this myself, so I have recorded it for a person. The number of your request is №${number}; someone will contact you.`,
  }),
  'request.title': text({
    ru: 'Просьба к сотруднику',
    kk: 'Қызметкерге өтініш',
    en: 'Request for a person',
  }),
};
