import { phrase, text } from './phrase.ts';

/** What the people on call read, and what a customer hears whose conversation cannot go on. */
export const alarms = {
  'alarm.raised': phrase(
    [
      { severity: 'critical', what: 'X' },
      { severity: 'warning', what: 'X' },
    ],
    {
      ru: ({ severity, what }) => `${severity === 'critical' ? '🔴 Авария' : '🟠 Внимание'}: ${what}`,
      kk: ({ severity, what }) => `${severity === 'critical' ? '🔴 Апат' : '🟠 Назар аударыңыз'}: ${what}`,
      en: ({ severity, what }) => `${severity === 'critical' ? '🔴 Alarm' : '🟠 Warning'}: ${what}`,
    },
  ),
  'alarm.cleared': phrase([{ what: 'X', minutes: 5 }], {
    ru: ({ what, minutes }) => `🟢 Отбой, длилось ${minutes} мин: ${what}`,
    kk: ({ what, minutes }) => `🟢 Қалпына келді, ${minutes} мин созылды: ${what}`,
    en: ({ what, minutes }) => `🟢 All clear after ${minutes} min: ${what}`,
  }),
  'alarm.webhook_foreign': phrase([{ channel: 'default', host: 'elsewhere.example' }], {
    ru: ({ channel, host }) =>
      `Webhook канала «${channel}» снова и снова уводят на ${host}. Кто-то ещё пользуется токеном этого бота: смените токен в @BotFather.`,
    kk: ({ channel, host }) =>
      `«${channel}» арнасының webhook-ын қайта-қайта ${host} жаққа бұрып жатыр. Бұл боттың токенін тағы біреу қолданады: @BotFather арқылы токенді ауыстырыңыз.`,
    en: ({ channel, host }) =>
      `The webhook of channel "${channel}" is taken to ${host} again and again. Somebody else uses this bot's token: have @BotFather give a new one.`,
  }),
  'alarm.webhook_missing': phrase([{ channel: 'default' }], {
    ru: ({ channel }) =>
      `У канала «${channel}» нет webhook, и поставить его нельзя: не задан PUBLIC_URL. Сообщения клиентов не приходят.`,
    kk: ({ channel }) =>
      `«${channel}» арнасында webhook жоқ, оны қою да мүмкін емес: PUBLIC_URL берілмеген. Клиенттердің хабарламалары келмейді.`,
    en: ({ channel }) =>
      `Channel "${channel}" has no webhook, and none can be set: PUBLIC_URL is missing. No customer's message arrives.`,
  }),
  'alarm.webhook_failing': phrase([{ channel: 'default', error: '502 Bad Gateway' }], {
    ru: ({ channel, error }) => `Telegram не может доставить сообщения каналу «${channel}»: ${error}`,
    kk: ({ channel, error }) => `Telegram «${channel}» арнасына хабарламаларды жеткізе алмай жатыр: ${error}`,
    en: ({ channel, error }) => `Telegram cannot deliver messages to channel "${channel}": ${error}`,
  }),
  'alarm.webhook_pending': phrase([{ channel: 'default', pending: 250 }], {
    ru: ({ channel, pending }) => `У Telegram ждут доставки обновления канала «${channel}»: ${pending}.`,
    kk: ({ channel, pending }) =>
      `Telegram-да «${channel}» арнасының жеткізуді күткен жаңартулары: ${pending}.`,
    en: ({ channel, pending }) => `Updates of channel "${channel}" waiting at Telegram: ${pending}.`,
  }),
  'alarm.channel_unreachable': phrase([{ channel: 'default', error: '401 Unauthorized' }], {
    ru: ({ channel, error }) => `Bot API не отвечает за канал «${channel}»: ${error}`,
    kk: ({ channel, error }) => `Bot API «${channel}» арнасы бойынша жауап бермейді: ${error}`,
    en: ({ channel, error }) => `The Bot API does not answer for channel "${channel}": ${error}`,
  }),
  'alarm.polling_silent': phrase([{ channel: 'default', minutes: 4 }], {
    ru: ({ channel, minutes }) =>
      `Канал «${channel}» не получал ответа на опрос Telegram уже ${minutes} мин.`,
    kk: ({ channel, minutes }) =>
      `«${channel}» арнасы Telegram сауалына ${minutes} мин бойы жауап алған жоқ.`,
    en: ({ channel, minutes }) =>
      `Channel "${channel}" has had no answer from Telegram to its polls for ${minutes} min.`,
  }),
  'alarm.run_stuck': phrase([{ process: 'lead', count: 3, cause: 'TypeError: x is not a function' }], {
    ru: ({ process, count, cause }) =>
      `Не продвигаются запуски «${process}» (${count}): код процесса падает. ${cause}`,
    kk: ({ process, count, cause }) =>
      `«${process}» іске қосулары жылжымай тұр (${count}): процестің коды құлап жатыр. ${cause}`,
    en: ({ process, count, cause }) =>
      `Runs of "${process}" do not go on (${count}): the code of the process fails. ${cause}`,
  }),
  'alarm.undispatched': phrase([{ count: 12, minutes: 2 }], {
    ru: ({ count, minutes }) =>
      `Сообщения клиентов записаны, но не обрабатываются: ${count}, старшему ${minutes} мин. Проверьте Temporal.`,
    kk: ({ count, minutes }) =>
      `Клиенттердің хабарламалары жазылған, бірақ өңделмей тұр: ${count}, ең ескісіне ${minutes} мин. Temporal-ды тексеріңіз.`,
    en: ({ count, minutes }) =>
      `Customers' messages are stored but not handled: ${count}, the oldest for ${minutes} min. Look at Temporal.`,
  }),
  'alarm.unanswered': phrase([{ count: 3, minutes: 6 }], {
    ru: ({ count, minutes }) =>
      `Сообщения клиентов остались без ответа и без запуска: ${count}, старшему ${minutes} мин. Проверьте воркеры.`,
    kk: ({ count, minutes }) =>
      `Клиенттердің хабарламалары жауапсыз әрі іске қосусыз қалды: ${count}, ең ескісіне ${minutes} мин. Воркерлерді тексеріңіз.`,
    en: ({ count, minutes }) =>
      `Customers' messages have neither an answer nor a run: ${count}, the oldest for ${minutes} min. Look at the workers.`,
  }),
  'alarm.budget_exhausted': phrase([{ budget: 'everything' }], {
    ru: ({ budget }) =>
      `Бюджет на языковые модели «${budget}» на сегодня исчерпан: платные модели не спрашиваются, часть ответов готовят локальные модели или сотрудники.`,
    kk: ({ budget }) =>
      `Тілдік модельдердің «${budget}» бюджеті бүгінге таусылды: ақылы модельдерге сұрау жіберілмейді, жауаптардың бір бөлігін жергілікті модельдер немесе қызметкерлер береді.`,
    en: ({ budget }) =>
      `The budget "${budget}" for language models is used up for today: hosted models are not asked, and local ones or people answer instead.`,
  }),
  'alarm.projection_drift': phrase([{ process: 'lead', count: 2, where: 'status, output' }], {
    ru: ({ process, count, where }) =>
      `Записи о запусках «${process}» разошлись с историей (${count}): ${where}. Где история цела, записи уже исправлены.`,
    kk: ({ process, count, where }) =>
      `«${process}» іске қосуларының жазбалары тарихпен сәйкес келмеді (${count}): ${where}. Тарихы сақталғандары түзетілді.`,
    en: ({ process, count, where }) =>
      `Rows of runs of "${process}" differed from their histories (${count}): ${where}. Those whose history is there have been made right.`,
  }),
  'alarm.send_unknown': phrase([{ count: 2, minutes: 12 }], {
    ru: ({ count, minutes }) =>
      `Сообщения, о которых неизвестно, дошли ли они (${count}), ждут решения человека; самое старое уже ${minutes} мин. См. GET /api/v1/sends?state=unknown.`,
    kk: ({ count, minutes }) =>
      `Жеткен-жетпегені белгісіз хабарламалар (${count}) адамның шешімін күтіп тұр; ең ескісі — ${minutes} мин. GET /api/v1/sends?state=unknown қараңыз.`,
    en: ({ count, minutes }) =>
      `Messages of which nobody knows whether they arrived (${count}) wait for a person to decide; the oldest for ${minutes} min. See GET /api/v1/sends?state=unknown.`,
  }),
  'failure.stuck': text({
    ru: 'Простите, у меня неполадка, и ответ задерживается. Всё, что вы написали, сохранено: как только её устранят, я продолжу.',
    kk: 'Кешіріңіз, менде ақау болып, жауап кешігіп жатыр. Жазғаныңыздың бәрі сақталды: ақау жойылған бойда жалғастырамын.',
    en: 'Sorry, there is a fault on my side and the answer is delayed. Everything you wrote is saved: I will go on as soon as it is repaired.',
  }),
};
