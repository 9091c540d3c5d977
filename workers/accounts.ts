import { and, eq } from 'drizzle-orm';
import type { Channel } from '../activities/channel/contract.ts';
import type { TelegramAdmin } from '../activities/telegram/admin.ts';
import { createTelegramChannel } from '../activities/telegram/channel.ts';
import type { ChannelSettings, Settings, TenantSettings } from '../config/settings.ts';
import type { Database } from '../db/client.ts';
import { channels, tenants } from '../db/schema/index.ts';

/** For calls that bring no deadline of their own. */
const TELEGRAM_TIMEOUT_MS = 10_000;

/** A bot account with its row, its settings and its client. */
export interface Account {
  channelId: string;
  tenantId: string;
  tenant: TenantSettings;
  settings: ChannelSettings;
  channel: Channel & TelegramAdmin;
}

/** The tenants and bot accounts of this installation: rows in the database, clients in this process. */
export interface Accounts {
  readonly all: readonly Account[];
  byChannelId(channelId: string): Account;
  byName(name: string): Account | undefined;
  tenant(tenantId: string): TenantSettings;
  tenantId(slug: string): string | undefined;
  close(): Promise<void>;
}

/** Brings the rows in line with the settings. Safe from every replica at start. `equip` adds to an account's client. */
export async function openAccounts(
  db: Database,
  settings: Settings,
  equip: (account: Account) => Account = (account) => account,
): Promise<Accounts> {
  const tenantIds = new Map<string, TenantSettings>();
  const accounts: Account[] = [];
  for (const tenant of settings.tenants) {
    const tenantId = await keepTenant(db, tenant);
    tenantIds.set(tenantId, tenant);
    for (const own of tenant.channels) {
      const account: Account = {
        channelId: await keepChannel(db, tenantId, own),
        tenantId,
        tenant,
        settings: own,
        channel: createTelegramChannel({
          token: own.token,
          apiRoot: own.apiRoot,
          timeoutMs: TELEGRAM_TIMEOUT_MS,
        }),
      };
      accounts.push(equip(account));
    }
  }
  return {
    all: accounts,
    byChannelId(channelId) {
      const account = accounts.find((a) => a.channelId === channelId);
      if (!account)
        throw new Error(`Channel ${channelId} is not configured: add its account to config.yaml.`);
      return account;
    },
    byName: (name) => accounts.find((a) => a.settings.name === name),
    tenant(tenantId) {
      const tenant = tenantIds.get(tenantId);
      if (!tenant) throw new Error(`Tenant ${tenantId} is not configured: add it to config.yaml.`);
      return tenant;
    },
    tenantId: (slug) => [...tenantIds].find(([, tenant]) => tenant.slug === slug)?.[0],
    close: async () => {
      await Promise.all(accounts.map((a) => a.channel.close()));
    },
  };
}

async function keepTenant(db: Database, { slug, name, country }: TenantSettings): Promise<string> {
  const [row] = await db
    .insert(tenants)
    .values({ slug, name, country })
    .onConflictDoUpdate({ target: tenants.slug, set: { name, country } })
    .returning({ id: tenants.id });
  if (!row) throw new Error(`Tenant ${slug} could not be stored.`);
  return row.id;
}

async function keepChannel(db: Database, tenantId: string, { name, kind }: ChannelSettings): Promise<string> {
  await db.insert(channels).values({ tenantId, name, kind }).onConflictDoNothing();
  const [row] = await db
    .select({ id: channels.id })
    .from(channels)
    .where(and(eq(channels.tenantId, tenantId), eq(channels.name, name)));
  if (!row) throw new Error(`Channel ${name} could not be stored.`);
  return row.id;
}
