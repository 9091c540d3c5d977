const KAZAKH_LETTERS: Readonly<Record<string, string>> = {
  ә: 'а',
  ғ: 'г',
  қ: 'к',
  ң: 'н',
  ө: 'о',
  ұ: 'у',
  ү: 'у',
  һ: 'х',
  і: 'и',
  ё: 'е',
};

/** Kazakh typed on a Russian keyboard and proper Kazakh become the same letters; ё becomes е. Lower-case input. */
export const foldCyrillic = (lower: string): string =>
  lower.replace(/[әғқңөұүһіё]/gu, (letter) => KAZAKH_LETTERS[letter] ?? letter);

/** Latin letters that look Cyrillic, inside a word that is otherwise Cyrillic ("берiнiзши"), become Cyrillic. */
export const unmixAlphabets = (lower: string): string =>
  lower.replace(/[\p{L}]+/gu, (word) =>
    /\p{Script=Cyrillic}/u.test(word) && /\p{Script=Latin}/u.test(word)
      ? word.replace(/[aceikopxyh]/gu, (letter) => LOOKALIKES[letter] ?? letter)
      : word,
  );

const LOOKALIKES: Readonly<Record<string, string>> = {
  a: 'а',
  c: 'с',
  e: 'е',
  i: 'і',
  k: 'к',
  o: 'о',
  p: 'р',
  x: 'х',
  y: 'у',
  h: 'һ',
};

/** Three and more of the same letter are one letter drawn out: "приветттт" is "привет". */
export const shortenRepeats = (text: string): string => text.replace(/(\p{L})\1{2,}/gu, '$1');
