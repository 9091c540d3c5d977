const RUSSIAN = /[а-яё]/iu;

/**
 * About how many tokens a text makes where they are many: model families differ by up to a half, and what is sent
 * to one may be sent to another next. English has some 4 letters to a token, Russian 2 to 3;
 * a Kazakh letter that Russian lacks, an ideograph or an emoji may take several tokens each.
 */
export function estimateTokens(text: string): number {
  let hundredths = 0;
  for (const character of text) hundredths += weightOf(character);
  return Math.ceil(hundredths / 100);
}

function weightOf(character: string): number {
  if (/[a-z\s]/i.test(character)) return 25;
  if (RUSSIAN.test(character)) return 45;
  return character <= '\u007f' ? 65 : 200;
}
