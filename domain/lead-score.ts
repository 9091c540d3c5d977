import type { CallCount } from './calls.ts';
import type { Locale } from './locale.ts';
import { say } from './texts/catalogue.ts';

/** What is known of a lead when it is scored. */
export interface LeadFacts {
  hasName: boolean;
  hasPhone: boolean;
  hasNeed: boolean;
  messagesIn: number;
  messagesOut: number;
  /** Absent where there is no CRM, or it does not tell. */
  calls?: CallCount;
}

/** How likely a client is to buy, why, and what to do about it; in the language of those who read it. */
export interface LeadScore {
  /** 0 to 100. */
  score: number;
  reasons: string[];
  nextStep: string;
}

const MAX_REASONS = 5;
const MAX_REASON = 300;
/** From so many messages on a client is taken to be in earnest. */
const TALKATIVE = 4;

/** The score without a model: what can be counted. */
export function scoreByRules(facts: LeadFacts, locale: Locale): LeadScore {
  const { calls, messagesIn } = facts;
  const spoke = (calls?.answered ?? 0) > 0;
  const missed = calls?.missed ?? 0;
  const points =
    10 +
    (facts.hasPhone ? 25 : 0) +
    (facts.hasName ? 10 : 0) +
    (facts.hasNeed ? 20 : 0) +
    Math.min(15, messagesIn * 3) +
    (spoke ? 20 : 0) -
    (missed > 0 && !spoke ? 10 : 0);
  const reasons = [
    say(locale, facts.hasPhone ? 'lead_followup.has_phone' : 'lead_followup.no_phone'),
    say(locale, facts.hasNeed ? 'lead_followup.has_need' : 'lead_followup.no_need'),
    say(locale, messagesIn >= TALKATIVE ? 'lead_followup.writes_much' : 'lead_followup.writes_little'),
    ...(spoke ? [say(locale, 'lead_followup.spoke')] : []),
    ...(missed > 0 ? [say(locale, 'lead_followup.missed')] : []),
  ];
  const step = !facts.hasPhone ? 'ask_phone' : spoke ? 'offer' : 'call';
  return { score: clamp(points), reasons, nextStep: say(locale, `lead_followup.next_${step}`) };
}

/** What a model said, as it may stand before a manager: bounded, one line each, and nothing to click on. */
export function checkedScore({ score, reasons, nextStep }: LeadScore): LeadScore {
  return {
    score: clamp(score),
    reasons: reasons
      .map(plain)
      .filter((reason) => reason !== '')
      .slice(0, MAX_REASONS),
    nextStep: plain(nextStep),
  };
}

const clamp = (points: number): number => Math.max(0, Math.min(100, Math.round(points)));

/** A client's words may come back through a model: an address among them must not become a link. */
const plain = (text: string): string =>
  text
    .replace(/\b(?:[a-z][a-z+.-]*:\/\/|www\.)\S+/gi, '…')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, MAX_REASON);
