import { phrase, text } from './phrase.ts';

/** Being forgotten, and what a customer hears who is not served for a while. */
export const privacy = {
  'suspended.notice': phrase([{ until: '31.01.26, 09:30' }], {
    ru: ({ until }) =>
      `Обслуживание приостановлено до ${until}. Ваши сообщения сохраняются, но до этого времени я не смогу на них ответить.`,
    kk: ({ until }) =>
      `Қызмет көрсету тоқтатыла тұрды, мерзімі: ${until}. Хабарламаларыңыз сақталады, бірақ оған дейін жауап бере алмаймын.`,
    en: ({ until }) =>
      `Service is suspended until ${until}. Your messages are kept, but I cannot answer them before then.`,
  }),
  'limit.notice': text({
    ru: 'Вы пишете быстрее, чем я успеваю отвечать. Последние сообщения сохранены, но отвечать на них я не буду. Подождите минуту и напишите главное ещё раз.',
    kk: 'Сіз мен жауап беріп үлгергеннен жылдам жазып жатырсыз. Соңғы хабарламалар сақталды, бірақ оларға жауап бермеймін. Бір минут күтіп, ең маңыздысын қайта жазыңыз.',
    en: 'You are writing faster than I can answer. Your last messages are kept, but I will not answer them. Please wait a minute and write what matters once more.',
  }),
  'forget.title': text({ ru: 'Удалить мои данные', kk: 'Деректерімді жою', en: 'Erase my data' }),
  'forget.ask': text({
    ru: 'Удалить нашу переписку и всё, что я о вас знаю: имя, телефон, почту? То, что сейчас делается для вас, остановится. Вернуть данные будет нельзя.',
    kk: 'Хат алмасуымызды және сіз туралы білетінімнің бәрін жоямын ба: атыңыз, телефоныңыз, поштаңыз? Сіз үшін орындалып жатқан істер тоқтайды. Деректерді қайтару мүмкін болмайды.',
    en: 'Shall I erase our conversation and everything I know about you: name, phone, e-mail? Whatever is in progress for you will stop. This cannot be undone.',
  }),
  'forget.yes': text({ ru: 'Да, удалить', kk: 'Иә, жою', en: 'Yes, erase' }),
  'forget.no': text({ ru: 'Нет, оставить', kk: 'Жоқ, қалдыру', en: 'No, keep it' }),
  'forget.kept': text({
    ru: 'Хорошо, ничего не удаляю.',
    kk: 'Жарайды, ештеңе жоймаймын.',
    en: 'All right, nothing is erased.',
  }),
  'forget.done': text({
    ru: 'Готово: ваши данные удалены. Если напишете снова, начнём знакомство с начала.',
    kk: 'Дайын: деректеріңіз жойылды. Қайта жазсаңыз, танысуды басынан бастаймыз.',
    en: 'Done: your data has been erased. If you write again, we will start from the beginning.',
  }),
  'forget.done_leads_kept': text({
    ru: 'Готово: переписка и ваши данные удалены. Оформленные заявки остаются у сотрудников, которые по ним работают.',
    kk: 'Дайын: хат алмасу мен деректеріңіз жойылды. Рәсімделген өтінімдер солармен жұмыс істейтін қызметкерлерде қалады.',
    en: 'Done: the conversation and your data have been erased. Requests already placed stay with the people who work on them.',
  }),
  /** Said in place of `done`, which follows when nothing is left. */
  'forget.histories_left': text({
    ru: 'Переписка и ваши данные удалены. Служебный журнал обработки сразу удалить не удалось: продолжаю и сообщу, когда не останется и его. От вас ничего не нужно.',
    kk: 'Хат алмасу мен деректеріңіз жойылды. Өңдеудің қызметтік журналын бірден жою мүмкін болмады: әрекетті жалғастырамын, ол да жойылғанда хабарлаймын. Сізден ештеңе керек емес.',
    en: 'The conversation and your data have been erased. The technical log of their processing could not be erased at once: I keep trying and will tell you when it is gone, too. Nothing is needed from you.',
  }),
  'forget.failed': phrase([{ number: 12 }], {
    ru: ({ number }) =>
      `Удалить всё сразу не получилось. Просьба №${number} передана сотруднику, он закончит удаление.`,
    kk: ({ number }) =>
      `Бәрін бірден жою мүмкін болмады. №${number} өтініш қызметкерге берілді, ол жоюды аяқтайды.`,
    en: ({ number }) =>
      `Not everything could be erased at once. Request №${number} went to a person, who will finish it.`,
  }),
  'forget.crm_note': phrase([{ number: 12 }], {
    ru: ({ number }) =>
      `Клиент попросил удалить свои персональные данные. Удалите, пожалуйста, имя, телефон, почту и переписку из этой карточки (заявка № ${number}).`,
    kk: ({ number }) =>
      `Клиент өзінің дербес деректерін жоюды сұрады. Осы карточкадан атын, телефонын, поштасын және хат алмасуын жойыңыз (№ ${number} өтінім).`,
    en: ({ number }) =>
      `The customer has asked for their personal data to be erased. Please remove name, phone, e-mail and correspondence from this card (request № ${number}).`,
  }),
};
