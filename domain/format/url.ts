/** Telegram refuses longer ones; every browser would take more. */
export const MAX_URL_UNITS = 2048;

const HTTP =
  /^https?:\/\/(?:[^\s/?#@"<>]+@)?(\[[0-9a-f:.]+\]|[^\s/?#@:"<>]+)(?::\d{1,5})?(?:[/?#][^\s"<>]*)?$/iu;
const TG = /^tg:\/\/[a-z][^\s"<>]*$/i;

/**
 * Whether a link or button may lead there: http and https to a public-looking host, and tg.
 * Anything else (javascript, relative paths, `http://localhost`) is refused by the platform or unsafe.
 */
export function isSendableUrl(url: string, maxUnits = MAX_URL_UNITS): boolean {
  if (url.length > maxUnits) return false;
  if (TG.test(url)) return true;
  const host = HTTP.exec(url)?.[1];
  if (host === undefined) return false;
  return host.startsWith('[') || /^[^.]+(?:\.[^.]+)+\.?$/u.test(host);
}

/** Whether clients recognise this text as that address by themselves, so that naming both would repeat it. */
export const showsUrl = (text: string, url: string): boolean => {
  const bare = (value: string) =>
    value
      .trim()
      .replace(/^(?:https?:\/\/|mailto:)/i, '')
      .replace(/\/$/, '')
      .toLowerCase();
  return bare(text) === bare(url);
};
