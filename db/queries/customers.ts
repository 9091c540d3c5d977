import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import type { Locale } from '../../domain/locale.ts';
import type { ChannelKind, SenderProfile } from '../../domain/message.ts';
import type { Executor } from '../client.ts';
import { conversations, customerIdentities, customers, leads, requests } from '../schema/index.ts';
import { carrySanction, registerCustomer } from './customer-states.ts';
import { recordEvent } from './events.ts';

export interface KnownCustomer {
  id: string;
  chosenLocale: Locale | null;
  unreachable: boolean;
}

interface Account {
  tenantId: string;
  channel: ChannelKind;
  channelId: string;
  profile: SenderProfile;
}

const ofAccount = (account: Account) =>
  and(
    eq(customerIdentities.tenantId, account.tenantId),
    eq(customerIdentities.channel, account.channel),
    eq(customerIdentities.channelId, account.channelId),
    eq(customerIdentities.channelUserId, account.profile.channelUserId),
  );

/**
 * The customer behind an account of a platform, made on first sight. Safe when two updates of a new
 * person arrive at once: the unique key decides, and the loser reads the winner's row.
 */
export async function findOrCreateCustomer(tx: Executor, account: Account): Promise<KnownCustomer> {
  const known = await findByAccount(tx, account);
  if (known) return known;
  const { profile } = account;
  const [customer] = await tx
    .insert(customers)
    .values({ tenantId: account.tenantId, name: displayName(profile) })
    .returning({ id: customers.id });
  if (!customer) throw new Error('The customer row was not inserted.');
  const [identity] = await tx
    .insert(customerIdentities)
    .values({
      tenantId: account.tenantId,
      channel: account.channel,
      channelId: account.channelId,
      channelUserId: profile.channelUserId,
      customerId: customer.id,
      profile,
    })
    .onConflictDoNothing()
    .returning({ id: customerIdentities.id });
  if (identity) return { id: customer.id, chosenLocale: null, unreachable: false };
  await tx.delete(customers).where(eq(customers.id, customer.id));
  const winner = await findByAccount(tx, account);
  if (!winner) throw new Error('The account is taken, yet its row cannot be read.');
  return winner;
}

async function findByAccount(tx: Executor, account: Account): Promise<KnownCustomer | undefined> {
  const [row] = await tx
    .select({
      id: customers.id,
      chosenLocale: customers.chosenLocale,
      unreachableSince: customers.unreachableSince,
    })
    .from(customerIdentities)
    .innerJoin(customers, eq(customers.id, customerIdentities.customerId))
    .where(ofAccount(account));
  return row && { id: row.id, chosenLocale: row.chosenLocale, unreachable: row.unreachableSince !== null };
}

/**
 * A phone that the platform vouches for makes two accounts one customer; a typed number never does.
 * Returns the customer that the conversation belongs to from now on.
 */
export async function joinByVerifiedPhone(
  tx: Executor,
  {
    tenantId,
    customerId,
    phone,
    correlationId,
  }: { tenantId: string; customerId: string; phone: string; correlationId: string },
): Promise<string> {
  const [owner] = await tx
    .select({ id: customers.id })
    .from(customers)
    .where(and(eq(customers.tenantId, tenantId), eq(customers.phone, phone)));
  if (!owner) {
    await tx.update(customers).set({ phone }).where(eq(customers.id, customerId));
    await registerCustomer(tx, { tenantId, customerId }, correlationId);
    return customerId;
  }
  if (owner.id === customerId) return customerId;
  await tx
    .update(customerIdentities)
    .set({ customerId: owner.id })
    .where(and(eq(customerIdentities.tenantId, tenantId), eq(customerIdentities.customerId, customerId)));
  await tx
    .update(conversations)
    .set({ customerId: owner.id })
    .where(and(eq(conversations.tenantId, tenantId), eq(conversations.customerId, customerId)));
  // What was asked for under either account is listed under both.
  for (const asked of [leads, requests]) {
    await tx
      .update(asked)
      .set({ customerId: owner.id })
      .where(and(eq(asked.tenantId, tenantId), eq(asked.customerId, customerId)));
  }
  await recordEvent(tx, {
    tenantId,
    eventType: 'customer.joined',
    subject: owner.id,
    data: { joined: customerId },
    correlationId,
  });
  await carrySanction(tx, { tenantId, from: customerId, to: owner.id, correlationId });
  return owner.id;
}

/** Remembers whether the platform delivers to this person. */
export async function markReachable(
  tx: Executor,
  tenantId: string,
  customerId: string,
  reachable: boolean,
): Promise<void> {
  await tx
    .update(customers)
    .set({ unreachableSince: reachable ? null : sql`now()` })
    .where(
      and(
        eq(customers.tenantId, tenantId),
        eq(customers.id, customerId),
        // The first refusal is the one to remember.
        reachable ? isNotNull(customers.unreachableSince) : isNull(customers.unreachableSince),
      ),
    );
}

const displayName = (profile: SenderProfile): string | null =>
  [profile.firstName, profile.lastName].filter(Boolean).join(' ') || profile.username || null;
