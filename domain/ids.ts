import { utf8Length } from './format/text.ts';

/**
 * Ids that mean something. They are built from internal UUIDs and counters only: workflow ids and
 * search attributes are readable by everybody who may open the Temporal UI.
 */
export const conversationWorkflowId = (conversationId: string): string => `conversation/${conversationId}`;

/** The conversation of such a workflow id; undefined for that of a run. */
export const conversationIdOf = (workflowId: string): string | undefined =>
  /^conversation\/([0-9a-f-]{36})$/.exec(workflowId)?.[1];

/** The run that the messages from `number` on started. Starting it twice is starting it once. */
export const turnRunId = (process: string, conversationId: string, number: number): string =>
  `${process}/${conversationId}/${number}`;

/** A short, stable name for a wait; fits many times into a button's 64 bytes. */
export function waitId(workflowId: string, ordinal: number): string {
  return hash53(`${workflowId}#${ordinal}`).toString(36);
}

/** Callback data of a button that answers a wait. */
export const buttonData = (wait: string, choice: number): string => `w:${wait}:${choice}`;

/** The wait and choice a button names, or undefined when it is none of ours. */
export function parseButtonData(data: string): { wait: string; choice: number } | undefined {
  const match = /^w:([0-9a-z]{1,12}):(\d{1,3})$/.exec(data);
  return match ? { wait: match[1] as string, choice: Number(match[2]) } : undefined;
}

const SAYS = 'say:';
const MAX_DATA_BYTES = 64;

/** Callback data of a button that says its own words for the customer, as many of them as fit. */
export function sayingData(words: string): string {
  let data = SAYS;
  for (const char of words) {
    if (utf8Length(data + char) > MAX_DATA_BYTES) break;
    data += char;
  }
  return data;
}

/** The words that a pressed button says, or undefined when it says none. */
export const wordsOfButton = (data: string): string | undefined =>
  data.startsWith(SAYS) ? data.slice(SAYS.length) : undefined;

/** 53-bit string hash: two 32-bit multiplicative mixes, so that it needs no BigInt and no platform API. */
function hash53(text: string): number {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0);
}
