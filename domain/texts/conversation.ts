import { phrase, text } from './phrase.ts';

/** Routing: what is said when it is not clear what the person wants, and about buttons. */
export const conversation = {
  'clarify.question': text({
    ru: 'Уточните, пожалуйста, чем помочь?',
    kk: 'Нақтылап жіберіңізші, қандай көмек керек?',
    en: 'Could you tell me how I can help?',
  }),
  'clarify.just_answer': text({
    ru: 'Просто ответьте на вопрос',
    kk: 'Сұрағыма жай ғана жауап беріңіз',
    en: 'Just answer my question',
  }),
  'button.expired': text({
    ru: 'Эта кнопка уже не действует. Напишите, пожалуйста, что вам нужно.',
    kk: 'Бұл түйме енді жұмыс істемейді. Не керек екенін жазыңызшы.',
    en: 'This button no longer works. Please write what you need.',
  }),
  'button.already': text({
    ru: 'Ваш выбор уже принят.',
    kk: 'Таңдауыңыз қабылданған.',
    en: 'Your choice has already been accepted.',
  }),
  'button.accepted': text({ ru: 'Принято', kk: 'Қабылданды', en: 'Accepted' }),
  'button.chosen': phrase([{ label: '…' }], {
    ru: ({ label }) => `Вы выбрали: ${label}`,
    kk: ({ label }) => `Таңдауыңыз: ${label}`,
    en: ({ label }) => `You chose: ${label}`,
  }),
  'conversation.too_many': text({
    ru: 'Сообщений сейчас очень много, поэтому отвечаю медленнее. Ничего не пропало, пожалуйста, подождите.',
    kk: 'Қазір хабарлама өте көп, сондықтан баяу жауап беріп жатырмын. Ештеңе жоғалған жоқ, күте тұрыңызшы.',
    en: 'There are a lot of messages right now, so I answer more slowly. Nothing is lost, please wait a little.',
  }),
  'conversation.too_long': phrase([{ max: 4000 }], {
    ru: ({ max }) =>
      `Сообщение слишком длинное. Сократите его, пожалуйста, до ${max} знаков или пришлите частями.`,
    kk: ({ max }) => `Хабарлама тым ұзын. Оны ${max} таңбаға дейін қысқартыңыз немесе бөліп жіберіңіз.`,
    en: ({ max }) => `This message is too long. Please shorten it to ${max} characters or send it in parts.`,
  }),
};
