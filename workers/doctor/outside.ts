import { z } from 'zod';
import { createBitrixClient } from '../../activities/crm/bitrix24/client.ts';
import { createEgress } from '../../activities/llm/egress.ts';
import { createTelegramChannel } from '../../activities/telegram/channel.ts';
import type { ProviderSettings } from '../../config/llm.ts';
import type { ChannelSettings, Settings, TenantSettings } from '../../config/settings.ts';
import { judge } from '../watch/judge.ts';
import { type Finding, fail, finding, ok, reasonOf, warn } from './finding.ts';

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
      const todo = 'Ask /ready what is missing, and look at the log.';
      return [
        ready.status === 200 ? ok('api', `ready at ${new URL(base).host}`) : fail('api', 'not ready', todo),
        settings.apiToken.startsWith('sha256:')
          ? ok('api token', 'known by its hash only, so it was not tried')
          : asked.status === 200
            ? ok('api token', 'accepted')
            : fail(
                'api token',
                `answered ${asked.status}`,
                asked.status === 401 ? 'API_TOKEN differs from that of the running process.' : todo,
              ),
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
    const known = ok(name, `@${username}, ${own.mode}`);
    const info = await bot.webhookInfo(deadline());
    if (own.mode === 'polling') {
      return (info.url ?? '') === ''
        ? [known]
        : [
            known,
            fail(name, 'a webhook is set, so polls get nothing', 'Restart the process with the role api.'),
          ];
    }
    const { publicUrl, alarms } = settings;
    const limits = { publicUrl, pendingLimit: alarms.pendingUpdates };
    const { troubles, repair } = judge(info, own.name, limits, { repairs: 0, now: Date.now() });
    if (repair) {
      const why = {
        deleted: 'no webhook is set',
        foreign: 'the webhook is not ours',
        secret: 'Telegram holds another secret',
      }[repair];
      return [
        known,
        fail(name, why, 'A running projector sets it again within a minute; is PUBLIC_URL right?'),
      ];
    }
    const todo = 'See docs/operations.md, "Alarms".';
    const found = troubles.map(({ kind, severity, words }) => {
      const what = `${kind.replace('_', ' ')}: ${words.error ?? words.pending ?? words.host ?? ''}`;
      return severity === 'critical' ? fail(name, what, todo) : warn(name, what, todo);
    });
    return [
      known,
      ...(found.length > 0 ? found : [ok(name, `webhook ours, ${info.pending_update_count} pending`)]),
    ];
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
  const main = llm.roles.main.map(({ provider }) => `model provider ${provider}`);
  const served = findings.some(({ name, state }) => state === 'ok' && main.includes(name));
  return served
    ? findings
    : [...findings, fail('models', 'no provider of the role main answers', 'See the lines above.')];
}

async function knock(name: string, settings: ProviderSettings): Promise<Finding> {
  const title = `model provider ${name}`;
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
    if (status === 401 || status === 403) {
      return fail(title, `refuses the key (${status})`, 'Put the right key into its environment variable.');
    }
    return status < 500
      ? ok(title, 'answers')
      : warn(title, `answers ${status}`, 'The chain goes on to the next provider meanwhile.');
  } catch (error) {
    return warn(title, reasonOf(error), 'The chain goes on to the next provider meanwhile.');
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
