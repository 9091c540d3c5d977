import { z } from 'zod';
import { normalisePhone } from '../../domain/phone.ts';
import type { ExtractedLead } from './contract.ts';

/** What a model is asked to read out of a customer's words. */
export const LeadReading = z.object({
  name: z.string().nullable(),
  phone: z.string().nullable(),
  need: z.string().nullable(),
});
export type LeadReading = z.output<typeof LeadReading>;

const MAX_NAME = 200;
const MAX_NEED = 4_000;
/** Enough digits to be this number, few enough to leave out how its country is dialled. */
const TELLING_DIGITS = 9;

/**
 * What of a model's reading holds. A phone must be one, and must stand in the customer's own words: an
 * invented number would reach the CRM, and a stranger. One that the model passed over is taken all the same.
 */
export function checkedLead(reading: LeadReading | undefined, words: string, country: string): ExtractedLead {
  const name = reading?.name?.trim().slice(0, MAX_NAME);
  const need = reading?.need?.trim().slice(0, MAX_NEED);
  const phone = told(reading?.phone, words, country) ?? e164(words, country);
  return { ...(name ? { name } : {}), ...(need ? { need } : {}), ...(phone ? { phone } : {}) };
}

function told(claimed: string | null | undefined, words: string, country: string): string | undefined {
  const phone = claimed ? e164(claimed, country) : undefined;
  return phone && digits(words).includes(digits(phone).slice(-TELLING_DIGITS)) ? phone : undefined;
}

function e164(text: string, country: string): string | undefined {
  const phone = normalisePhone(text, country);
  return 'e164' in phone ? phone.e164 : undefined;
}

const digits = (text: string): string => text.normalize('NFKC').replace(/\D/g, '');

/** A shared contact card says more surely than words who is to be called. */
export function fromContact(
  contact: { name: string; phone: string } | undefined,
  country: string,
): Pick<ExtractedLead, 'name' | 'phone'> {
  const phone = contact && e164(contact.phone, country);
  return { ...(contact?.name ? { name: contact.name } : {}), ...(phone ? { phone } : {}) };
}
