import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import type { Locale } from '../../domain/locale.ts';
import type { ChannelKind, SenderProfile } from '../../domain/message.ts';
import type { Executor } from '../client.ts';
import { customerIdentities, customers } from '../schema/index.ts';

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
