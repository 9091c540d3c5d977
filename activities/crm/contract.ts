import type { CallCount } from '../../domain/calls.ts';
import type { Locale } from '../../domain/locale.ts';

/** What a CRM is told about a person who wants something. */
export interface CrmLead {
  /** Our own key of this lead, the same at every attempt: the CRM stores it and is searched by it. */
  originId: string;
  title: string;
  name?: string;
  /** E.164, such as +77010000000. */
  phone?: string;
  email?: string;
  /** What the customer wants, in the customer's words. */
  need?: string;
  comments?: string;
  /** A source that the CRM's own dictionary knows; the CRM's default when absent. */
  sourceId?: string;
  language: Locale;
}

/** Where a lead of ours ended up in the CRM. */
export interface CrmLink {
  entity: 'lead' | 'contact';
  id: string;
  /** The page a manager opens. Holds no credential. */
  url?: string;
  how: 'created' | 'found_by_origin' | 'linked_open_lead' | 'bound_to_contact';
}

/** Who in the CRM already has a phone. */
export interface CrmPhoneMatch {
  /** The newest lead that nobody has closed yet. */
  openLeadId?: string;
  openLeadUrl?: string;
  /** The oldest contact. */
  contactId?: string;
}

/** The telephone calls of a lead, each counted once. */
export interface CrmCalls extends CallCount {
  /** The telephony did not tell: counted from what stands in the lead's timeline alone. */
  partly: boolean;
}

/**
 * A CRM. Nothing above this interface knows whose.
 *
 * Nothing here retries. Failures are `ProviderError`; its class says whether a write happened:
 * `unknown` when it may have (look up the origin before writing again, and only after the CRM's
 * longest processing time), every other class when it certainly did not. `rate_limited` carries
 * `retryAfterMs`. A signal aborted before a write was sent, or during a read, throws its own
 * reason; aborted during a write it is `unknown`.
 */
export interface Crm {
  /** The oldest lead with this origin, which is the one to keep if there are ever two. */
  findByOrigin(originId: string, signal: AbortSignal): Promise<CrmLink | undefined>;
  /** `phone` is E.164. */
  findByPhone(phone: string, signal: AbortSignal): Promise<CrmPhoneMatch>;
  /** Not idempotent: callers look up the origin first. */
  createLead(lead: CrmLead, options: { contactId?: string }, signal: AbortSignal): Promise<CrmLink>;
  /** `refused` when there is no such lead any more. */
  calls(leadId: string, signal: AbortSignal): Promise<CrmCalls>;
  /**
   * Adds a note to a lead's timeline, where managers read it, unless one with these words is among the
   * newest: so it may be called again after an unclear attempt, and words must be unique per purpose.
   */
  commentLead(id: string, text: string, signal: AbortSignal): Promise<void>;
}
