import type { ChannelSettings, Settings } from '../../config/settings.ts';
import { judge } from '../watch/judge.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

const ASK_READY = 'Ask /ready what is missing, and look at the log.';
const NEXT_PROVIDER = 'The chain goes on to the next provider meanwhile.';

export const judgeReady = (host: string, status: number): Finding =>
  status === 200 ? ok('api', `ready at ${host}`) : fail('api', `not ready (${status})`, ASK_READY);

/** `status`: what a list of runs was answered with, asked for with the token configured here. */
export function judgeToken(status: number, hashed: boolean): Finding {
  if (hashed) return ok('api token', 'known by its hash only, so it was not tried');
  if (status === 200) return ok('api token', 'accepted');
  const todo = status === 401 ? 'API_TOKEN differs from that of the running process.' : ASK_READY;
  return fail('api token', `answered ${status}`, todo);
}

export interface ChannelLook {
  username: string;
  webhook: Parameters<typeof judge>[0];
  now: number;
}

/** The account as the platform knows it, and whether its updates come here. */
export function judgeChannel(
  { publicUrl, alarms }: Pick<Settings, 'publicUrl' | 'alarms'>,
  own: Pick<ChannelSettings, 'name' | 'mode'>,
  { username, webhook, now }: ChannelLook,
): Finding[] {
  const name = `channel ${own.name}`;
  const known = ok(name, `@${username}, ${own.mode}`);
  if (own.mode === 'polling') {
    const what = 'a webhook is set, so polls get nothing';
    return (webhook.url ?? '') === ''
      ? [known]
      : [known, fail(name, what, 'Restart the process with the role api.')];
  }
  const limits = { publicUrl, pendingLimit: alarms.pendingUpdates };
  const { troubles, repair } = judge(webhook, own.name, limits, { repairs: 0, now });
  if (repair) {
    const why = {
      deleted: 'no webhook is set',
      foreign: 'the webhook is not ours',
      secret: 'Telegram holds another secret',
    }[repair];
    const todo = 'A running projector sets it again within a minute; is PUBLIC_URL right?';
    return [known, fail(name, why, todo)];
  }
  const found = troubles.map(({ kind, severity, words }) => {
    const what = `${kind.replace('_', ' ')}: ${words.error ?? words.pending ?? words.host ?? ''}`;
    return (severity === 'critical' ? fail : warn)(name, what, 'See docs/operations.md, "Alarms".');
  });
  return [
    known,
    ...(found.length > 0 ? found : [ok(name, `webhook ours, ${webhook.pending_update_count} pending`)]),
  ];
}

/** A provider by the answer to a harmless question; one that is away, by the reason. */
export function judgeProvider(name: string, answer: number | string): Finding {
  const title = `model provider ${name}`;
  if (typeof answer === 'string') return warn(title, answer, NEXT_PROVIDER);
  if (answer === 401 || answer === 403) {
    return fail(title, `refuses the key (${answer})`, 'Put the right key into its environment variable.');
  }
  return answer < 500 ? ok(title, 'answers') : warn(title, `answers ${answer}`, NEXT_PROVIDER);
}

/** One that is away is a loss only where it is the last of the role that answers customers. */
export function judgeModels(providers: readonly Finding[], main: readonly string[]): Finding[] {
  const titles = main.map((name) => `model provider ${name}`);
  return providers.some(({ name, state }) => state === 'ok' && titles.includes(name))
    ? []
    : [fail('models', 'no provider of the role main answers', 'See the lines above.')];
}
