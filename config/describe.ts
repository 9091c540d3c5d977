import type { Settings } from './settings.ts';

/**
 * The settings for the start log. Built from what may be shown rather than by hiding what may not,
 * so a new secret is not printed until somebody decides that it should be.
 */
export function describeSettings(settings: Settings): Record<string, unknown> {
  return {
    database: showDatabase(settings.databaseUrl),
    temporal: settings.temporal,
    dataDir: settings.dataDir,
    logLevel: settings.logLevel,
    port: settings.port,
    publicUrl: settings.publicUrl ?? null,
    callbacks: {
      secret: settings.callbacks.secret === undefined ? 'none' : 'set',
      requireSignature: settings.callbacks.requireSignature,
    },
    encryption: showEncryption(settings.encryption),
    corsOrigins: settings.corsOrigins,
    tenants: settings.tenants.map((tenant) => ({
      slug: tenant.slug,
      name: tenant.name,
      defaultLocale: tenant.defaultLocale,
      country: tenant.country,
      currency: tenant.currency,
      hooks: Object.keys(tenant.hooks),
      channels: tenant.channels.map(({ name, kind, mode, apiRoot, token }) => ({
        name,
        kind,
        mode,
        apiRoot: showUrl(apiRoot),
        bot: token.split(':')[0],
      })),
      crm: tenant.bitrix === undefined ? null : `bitrix24 at ${showUrl(tenant.bitrix.webhookUrl)}`,
    })),
    timing: settings.timing,
    alarms: settings.alarms,
    retention: settings.retention,
    llm: {
      providers: Object.entries(settings.llm.providers).map(([name, provider]) => ({
        name,
        kind: provider.kind,
        baseUrl: showUrl(provider.baseUrl),
        local: provider.local,
        key: provider.apiKey === undefined ? 'none' : 'set',
        proxy: provider.proxy === undefined ? null : showUrl(provider.proxy),
      })),
      roles: Object.fromEntries(
        Object.entries(settings.llm.roles).map(([role, entries]) => [
          role,
          entries.map(({ provider, model }) => `${provider}/${model}`),
        ]),
      ),
      notes: settings.llm.notes,
    },
  };
}

/** Names of keys, never keys. */
function showEncryption({ keys, uiOrigins, oidc }: Settings['encryption']) {
  const { active, all } = keys;
  return {
    encryptsBy: active?.id ?? 'off',
    decryptsBy: all.map(({ id }) => id),
    uiOrigins,
    oidcIssuer: oidc?.issuer ?? null,
  };
}

/** Host, port and database; never user, password or options. */
function showDatabase(url: string): string {
  if (!URL.canParse(url)) return 'set';
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

/** Origin only: paths of webhooks and proxies hold credentials. */
function showUrl(url: string): string {
  if (!URL.canParse(url)) return 'set';
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}
