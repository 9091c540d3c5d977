import { phrase, text } from './phrase.ts';

/** What the customer hears when something broke on our side. Never a detail, always what happens next. */
export const failures = {
  'failure.internal': phrase([{ number: 12 }], {
    ru: ({ number }) =>
      `Простите, у меня произошла ошибка. Ваше сообщение не пропало: оно записано под номером №${number}, его посмотрит сотрудник.`,
    kk: ({ number }) =>
      `Кешіріңіз, менде қате шықты. Хабарламаңыз жоғалған жоқ: ол №${number} нөмірімен жазылды, оны қызметкер қарайды.`,
    en: ({ number }) =>
      `Sorry, something went wrong on my side. Your message is not lost: it is recorded as №${number} and a person will look at it.`,
  }),
  'failure.command': text({
    ru: 'Простите, сейчас не получилось. Попробуйте, пожалуйста, чуть позже.',
    kk: 'Кешіріңіз, қазір болмады. Сәл кейінірек қайталап көріңізші.',
    en: 'Sorry, that did not work just now. Please try again a little later.',
  }),
  'failure.process': phrase([{ number: 12 }], {
    ru: ({ number }) =>
      `Простите, довести обращение №${number} до конца не получилось. Всё, что вы написали, сохранено, его посмотрит сотрудник.`,
    kk: ({ number }) =>
      `Кешіріңіз, №${number} өтінішті соңына дейін орындай алмадым. Жазғаныңыздың бәрі сақталды, оны қызметкер қарайды.`,
    en: ({ number }) =>
      `Sorry, I could not finish request №${number}. Everything you wrote is saved and a person will look at it.`,
  }),
  'failure.stopped': text({
    ru: 'Обработка вашего обращения остановлена с нашей стороны. Если вопрос ещё важен, напишите, пожалуйста, снова.',
    kk: 'Өтінішіңізді өңдеу біздің тарапымыздан тоқтатылды. Сұрағыңыз әлі маңызды болса, қайта жазыңызшы.',
    en: 'Work on your request was stopped on our side. If you still need it, please write again.',
  }),
  'failure.late': text({
    ru: 'Простите за задержку: были неполадки, сейчас всё работает.',
    kk: 'Кешіккенім үшін кешіріңіз: ақау болды, қазір бәрі жұмыс істеп тұр.',
    en: 'Sorry for the delay: there was a fault, everything works again now.',
  }),
};
