import type { Account } from './accounts.ts';
import type { Metrics } from './metrics.ts';

/** The account with each message that the platform took counted. */
export const countSent = (account: Account, metrics: Metrics): Account => ({
  ...account,
  channel: {
    ...account.channel,
    async send(...request) {
      const attempt = await account.channel.send(...request);
      if (attempt.kind === 'sent') {
        const { tenant, settings } = account;
        metrics.messages.inc({ tenant: tenant.slug, channel: settings.name, direction: 'outbound' });
      }
      return attempt;
    },
  },
});
