/**
 * States of a customer. `registered`: has told a name or a phone (what a platform's profile says does not
 * count); `active`: and a run of theirs has finished. `suspended` ends by itself, `banned` does not.
 */
export const CUSTOMER_STATES = ['new', 'registered', 'active', 'suspended', 'banned'] as const;
export type CustomerState = (typeof CUSTOMER_STATES)[number];

/** Who may cause a change: the product by its own rules, the customer, or people through the API. */
export type CustomerActor = 'system' | 'customer' | 'ops';

type Causes = readonly CustomerActor[];
type Row = Readonly<Partial<Record<CustomerState, Causes>>>;

/** A sanction follows a person whose accounts turn out to be one customer, so the system may carry it over. */
const SANCTION: Causes = ['ops', 'system'];
/** Back to what the customer was. A suspension also ends by itself. */
const OVER: Causes = ['ops', 'system'];
const LIFTED: Causes = ['ops'];
/** Asked to be forgotten: nothing is known of the customer any more. */
const FORGOTTEN: Causes = ['customer', 'ops'];

/** Which state may follow which, and who may cause it. The database enforces the same pairs. */
export const CUSTOMER_TRANSITIONS: Readonly<Record<CustomerState, Row>> = {
  new: { registered: ['customer', 'ops', 'system'], suspended: SANCTION, banned: SANCTION },
  registered: { active: ['system'], new: FORGOTTEN, suspended: SANCTION, banned: SANCTION },
  active: { new: FORGOTTEN, suspended: SANCTION, banned: SANCTION },
  suspended: { new: OVER, registered: OVER, active: OVER, banned: SANCTION },
  banned: { new: LIFTED, registered: LIFTED, active: LIFTED },
};

/** Whether somebody may move a customer from one state to another. */
export const mayMove = (from: CustomerState, to: CustomerState, actor: CustomerActor): boolean =>
  CUSTOMER_TRANSITIONS[from][to]?.includes(actor) ?? false;

/** Not served: messages are stored, no run begins. */
export const isSanctioned = (state: CustomerState): state is 'suspended' | 'banned' =>
  state === 'suspended' || state === 'banned';

/** How often a suspended customer who goes on writing is told until when. Milliseconds. */
export const SUSPENSION_TOLD_EVERY_MS = 6 * 3_600_000;
