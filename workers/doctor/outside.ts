import { z } from 'zod';
import { createBitrixClient } from '../../activities/crm/bitrix24/client.ts';
import { createEgress } from '../../activities/llm/egress.ts';
import { createTelegramChannel } from '../../activities/telegram/channel.ts';
import type { ProviderSettings } from '../../config/llm.ts';
import type { ChannelSettings, Settings, TenantSettings } from '../../config/settings.ts';
import { type Finding, fail, finding, ok, reasonOf } from './finding.ts';
import { judgeChannel, judgeModels, judgeProvider, judgeReady, judgeToken } from './outside-verdicts.ts';

const CALL_MS = 8_000;
const deadline = () => AbortSignal.timeout(CALL_MS);

/** Is the API up, and does it take the token that is configured here? */
export async function api(settings: Settings): Promise<Finding[]> {
  const bases = [`http://127.0.0.1:${settings.port}`, settings.publicUrl].filter(
    (base) => base !== undefined,
  );
  const headers = { authorization: `Bearer ${settings.apiToken}` };
  let last = 'nothing answers';
  for (const base of bases) {
    try {
      const ready = await fetch(`${base}/ready`, { signal: deadline() });
      const asked = await fetch(`${base}/api/v1/runs?limit=1`, { headers, signal: deadline() });
      return [
        judgeReady(new URL(base).host, ready.status),
        judgeToken(asked.status, settings.apiToken.startsWith('sha256:')),
      ];
    } catch (error) {
      last = reasonOf(error);
    }
  }
  return [fail('api', `port ${settings.port}: ${last}`, 'Start a process with the role api, or set PORT.')];
}

/** The bot's token, and how Telegram's deliveries fare. */
export async function channel(settings: Settings, own: ChannelSettings): Promise<Finding[]> {
  const name = `channel ${own.name}`;
  const bot = createTelegramChannel({ token: own.token, apiRoot: own.apiRoot, timeoutMs: CALL_MS });
  try {
    const { username } = await bot.getMe(deadline());
    const webhook = await bot.webhookInfo(deadline());
    return judgeChannel(settings, own, { username, webhook, now: Date.now() });
  } catch (error) {
    return [fail(name, reasonOf(error), 'Is the token right, and the Bot API reachable from here?')];
  } finally {
    await bot.close();
  }
}

/** Does each provider that has a role take its key? One that is away is a loss only where it is the last. */
export async function providers({ llm }: Settings): Promise<Finding[]> {
  const used = new Set(Object.values(llm.roles).flatMap((models) => models.map(({ provider }) => provider)));
  const found = await Promise.all(
    [...used].map(async (name) => {
      const provider = llm.providers[name];
      return provider ? [await knock(name, provider)] : [];
    }),
  );
  const findings = found.flat();
  return [
    ...findings,
    ...judgeModels(
      findings,
      llm.roles.main.map(({ provider }) => provider),
    ),
  ];
}

async function knock(name: string, settings: ProviderSettings): Promise<Finding> {
  const egress = createEgress(settings);
  const { kind, apiKey } = settings;
  const base = settings.baseUrl.replace(/\/+$/, '');
  const path = { ollama: '/api/tags', openai: '/models', anthropic: '/v1/models' }[kind];
  const headers: Record<string, string> =
    apiKey === undefined
      ? {}
      : kind === 'anthropic'
        ? { 'x-api-key': apiKey, 'anthropic-version': '2023-06-01' }
        : { authorization: `Bearer ${apiKey}` };
  try {
    const { status } = await egress.fetch(`${base}${path}`, { headers, signal: deadline() });
    return judgeProvider(name, status);
  } catch (error) {
    return judgeProvider(name, reasonOf(error));
  } finally {
    await egress.close();
  }
}

/** One harmless read from the tenant's CRM. */
export async function crm({ slug, bitrix }: TenantSettings): Promise<Finding[]> {
  if (!bitrix) return [];
  const name = `crm of ${slug}`;
  return finding(
    name,
    async (signal) => {
      const client = createBitrixClient({ webhookUrl: bitrix.webhookUrl, timeoutMs: CALL_MS });
      await client.call({
        method: 'crm.status.list',
        params: { filter: { ENTITY_ID: 'STATUS' } },
        effect: 'read',
        result: z.unknown(),
        signal,
      });
      return [ok(name, 'webhook accepted')];
    },
    'Is BITRIX_WEBHOOK_URL right, and has the webhook the right "crm"?',
  );
}
