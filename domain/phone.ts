/** Contact details out of plain text, by rules: what a lead needs when no model can be reached. */
export { extractLeadByRules, type LeadDetails } from './contact/lead-text.ts';
export { findName } from './contact/person-name.ts';
export { normalisePhone, type PhoneProblem, type PhoneReading } from './contact/phone-number.ts';
