/** Contact details out of plain text, by rules: what a lead needs when no model can be reached. */
export { extractLeadByRules } from './contact/lead-text.ts';
export { findName } from './contact/person-name.ts';
export { normalisePhone } from './contact/phone-number.ts';
