export type Language = 'ru' | 'kk' | 'en';

const KAZAKH_LETTERS = /[әғқңөұүһі]/i;
const KAZAKH_WORDS =
  /(?:^|[^\p{L}])(салем|сәлем|саламатсыз|рахмет|рақмет|канша|қанша|турады|тұрады|керек|бар ма|калай|қалай|отиниш|өтініш|жок|жоқ|иә|ия|бағасы|багасы|менің|менин|атым|тапсырыс|толык|толық|мекенжай)(?=$|[^\p{L}])/iu;

/** The language a text is written in; Kazakh in Russian letters counts as Kazakh. */
export function languageOf(text: string): Language {
  if (KAZAKH_LETTERS.test(text) || KAZAKH_WORDS.test(text)) return 'kk';
  if (/[а-яё]/i.test(text)) return 'ru';
  return /[a-z]/i.test(text) ? 'en' : 'ru';
}
