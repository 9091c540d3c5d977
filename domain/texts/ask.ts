import { phrase, text } from './phrase.ts';

/** Questions that a process asks, and what becomes of the replies. */
export const ask = {
  'ask.again': phrase([{ reason: '…', question: '…?' }], {
    ru: ({ reason, question }) => `${reason}\n${question}`,
    kk: ({ reason, question }) => `${reason}\n${question}`,
    en: ({ reason, question }) => `${reason}\n${question}`,
  }),
  'ask.not_understood': text({
    ru: 'Простите, я не понял ответ.',
    kk: 'Кешіріңіз, жауабыңызды түсінбедім.',
    en: 'Sorry, I did not understand the reply.',
  }),
  'ask.phone_none': text({
    ru: 'Не вижу в сообщении номера телефона. Напишите его цифрами, например +7 701 123 45 67.',
    kk: 'Хабарламадан телефон нөмірін көрмедім. Оны цифрмен жазыңыз, мысалы +7 701 123 45 67.',
    en: 'I see no phone number in the message. Please write it in digits, for example +7 701 123 45 67.',
  }),
  'ask.phone_too_short': text({
    ru: 'В номере не хватает цифр. Проверьте его, пожалуйста.',
    kk: 'Нөмірде цифр жетіспейді. Тексеріп көріңізші.',
    en: 'The number has too few digits. Please check it.',
  }),
  'ask.phone_invalid': text({
    ru: 'Такого номера телефона не бывает. Проверьте, пожалуйста, цифры.',
    kk: 'Мұндай телефон нөмірі болмайды. Цифрларын тексеріп көріңізші.',
    en: 'There is no such phone number. Please check the digits.',
  }),
  'ask.name_none': text({
    ru: 'Не понял, как к вам обращаться. Напишите, пожалуйста, только имя.',
    kk: 'Сізге қалай жүгінетінімді түсінбедім. Тек атыңызды жазыңызшы.',
    en: 'I did not catch your name. Please write just the name.',
  }),
  'ask.choice_none': text({
    ru: 'Выберите, пожалуйста, один из вариантов.',
    kk: 'Нұсқалардың бірін таңдаңызшы.',
    en: 'Please choose one of the options.',
  }),
  'ask.too_long': phrase([{ max: 100 }], {
    ru: ({ max }) => `Ответ слишком длинный. Уложитесь, пожалуйста, в ${max} знаков.`,
    kk: ({ max }) => `Жауап тым ұзын. ${max} таңбадан асырмаңызшы.`,
    en: ({ max }) => `The reply is too long. Please keep it within ${max} characters.`,
  }),
  'ask.text_needed': text({
    ru: 'Ответьте, пожалуйста, текстом.',
    kk: 'Мәтінмен жауап беріңізші.',
    en: 'Please reply with text.',
  }),
  'ask.reminder': phrase([{ question: '…?' }], {
    ru: ({ question }) => `Напомню о вопросе, я жду вашего ответа:\n${question}`,
    kk: ({ question }) => `Сұрақты еске салайын, жауабыңызды күтіп отырмын:\n${question}`,
    en: ({ question }) => `A gentle reminder, I am waiting for your reply:\n${question}`,
  }),
  /** After a question of the customer's own was answered in between. */
  'ask.repeat': phrase([{ question: '…?' }], {
    ru: ({ question }) => `Вернёмся к моему вопросу:\n${question}`,
    kk: ({ question }) => `Енді менің сұрағыма оралайық:\n${question}`,
    en: ({ question }) => `Let us return to my question:\n${question}`,
  }),
  /** After an earlier reply was edited. */
  'ask.corrected': phrase([{ question: '…?' }], {
    ru: ({ question }) => `Спасибо, исправил.\n${question}`,
    kk: ({ question }) => `Рахмет, түзеттім.\n${question}`,
    en: ({ question }) => `Thank you, I have corrected that.\n${question}`,
  }),
  'ask.timed_out': text({
    ru: 'Ответа не было, поэтому я больше не жду. Напишите, когда вам будет удобно.',
    kk: 'Жауап болмады, сондықтан күтуді тоқтаттым. Ыңғайлы кезде жазыңыз.',
    en: 'There was no reply, so I am no longer waiting. Write whenever it suits you.',
  }),
  'ask.gave_up': text({
    ru: 'Не получилось разобрать ответ. Продолжу с тем, что уже знаю.',
    kk: 'Жауапты түсіне алмадым. Белгілі мәліметпен жалғастырамын.',
    en: 'I could not make out the reply. I will go on with what I know.',
  }),
};
