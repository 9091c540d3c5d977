import { phrase, text } from './phrase.ts';

/** Kinds of content that no process takes yet: a true sentence instead of silence. */
export const media = {
  'media.voice': text({
    ru: 'Голосовые сообщения я пока не понимаю, но запись сохранил. Напишите, пожалуйста, то же самое текстом.',
    kk: 'Дауыстық хабарламаны әзірге түсінбеймін, бірақ жазбаны сақтап қойдым. Соны мәтінмен жазып жіберіңізші.',
    en: 'I do not understand voice messages yet, but I have kept the recording. Please write the same as text.',
  }),
  'media.photo': text({
    ru: 'Фото получил и сохранил, но рассмотреть его пока не умею. Опишите, пожалуйста, словами, что вам нужно.',
    kk: 'Фотоны алып, сақтап қойдым, бірақ оны әзірге тани алмаймын. Не керек екенін сөзбен жазыңызшы.',
    en: 'I have received and kept the photo, but I cannot look at pictures yet. Please describe what you need in words.',
  }),
  'media.document': text({
    ru: 'Файл получил и сохранил, но прочитать его пока не умею. Напишите, пожалуйста, что с ним нужно сделать.',
    kk: 'Файлды алып, сақтап қойдым, бірақ оны әзірге оқи алмаймын. Онымен не істеу керегін жазыңызшы.',
    en: 'I have received and kept the file, but I cannot read files yet. Please write what should be done with it.',
  }),
  'media.video': text({
    ru: 'Видео получил и сохранил, но посмотреть его пока не умею. Опишите, пожалуйста, словами, что вам нужно.',
    kk: 'Бейнені алып, сақтап қойдым, бірақ оны әзірге көре алмаймын. Не керек екенін сөзбен жазыңызшы.',
    en: 'I have received and kept the video, but I cannot watch videos yet. Please describe what you need in words.',
  }),
  'media.location': text({
    ru: 'Место на карте получил и сохранил. Напишите, пожалуйста, чем помочь.',
    kk: 'Картадағы орынды алып, сақтап қойдым. Қандай көмек керегін жазыңызшы.',
    en: 'I have received and kept the place on the map. Please write how I can help.',
  }),
  'media.contact': text({
    ru: 'Контакт получил и сохранил. Напишите, пожалуйста, чем помочь.',
    kk: 'Контактіні алып, сақтап қойдым. Қандай көмек керегін жазыңызшы.',
    en: 'I have received and kept the contact. Please write how I can help.',
  }),
  'media.album': phrase([{ count: 3 }], {
    ru: ({ count }) =>
      `Альбом получил и сохранил целиком (${count}), но рассмотреть его пока не умею. Опишите, пожалуйста, словами, что вам нужно.`,
    kk: ({ count }) =>
      `Альбомды толық (${count}) алып, сақтап қойдым, бірақ оны әзірге тани алмаймын. Не керек екенін сөзбен жазыңызшы.`,
    en: ({ count }) =>
      `I have received and kept the whole album (${count}), but I cannot look at pictures yet. Please describe what you need in words.`,
  }),
  'media.unsupported': text({
    ru: 'Такие сообщения я пока не понимаю. Напишите, пожалуйста, текстом.',
    kk: 'Мұндай хабарламаны әзірге түсінбеймін. Мәтінмен жазыңызшы.',
    en: 'I do not understand messages of this kind yet. Please write it as text.',
  }),
};
