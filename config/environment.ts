import type { Environment, Path, Tree } from './yaml.ts';
import { isTree, showPath } from './yaml.ts';

/** Variables that stand for one setting, wherever the tenants are. */
const GLOBAL: ReadonlyArray<readonly [string, Path]> = [
  ['DATABASE_URL', ['databaseUrl']],
  ['TEMPORAL_ADDRESS', ['temporal', 'address']],
  ['TEMPORAL_NAMESPACE', ['temporal', 'namespace']],
  ['PUBLIC_URL', ['publicUrl']],
  ['API_TOKEN', ['apiToken']],
  ['CALLBACK_SECRET', ['callbacks', 'secret']],
  ['ENCRYPTION_KEYS', ['encryption', 'keys']],
  ['CODEC_UI_ORIGINS', ['encryption', 'uiOrigins']],
  ['CODEC_UI_SECRET', ['encryption', 'uiSecret']],
  ['CODEC_OIDC_ISSUER', ['encryption', 'oidc', 'issuer']],
  ['CODEC_OIDC_AUDIENCE', ['encryption', 'oidc', 'audience']],
  ['PORT', ['port']],
  ['API_RATE_PER_KEY', ['limits', 'api', 'perKey']],
  ['API_RATE_PER_TENANT', ['limits', 'api', 'perTenant']],
  ['DATA_DIR', ['dataDir']],
  ['PROMPTS_DIR', ['prompts', 'dir']],
  ['LOG_LEVEL', ['logLevel']],
  ['ALERT_TELEGRAM_CHAT_ID', ['alarms', 'telegramChatId']],
];

const NUMBERS = new Set(['PORT', 'API_RATE_PER_KEY', 'API_RATE_PER_TENANT']);

/** Variables of the default tenant's channel `default`, by field. */
const CHANNEL: ReadonlyArray<readonly [string, string]> = [
  ['TELEGRAM_BOT_TOKEN', 'token'],
  ['TELEGRAM_API_ROOT', 'apiRoot'],
  ['TELEGRAM_WEBHOOK_SECRET', 'webhookSecret'],
  ['TELEGRAM_MODE', 'mode'],
];

const BITRIX = 'BITRIX_WEBHOOK_URL';
/** `HOOK_SECRET_PRICE_CHANGED` is the secret of the webhook of the process `price_changed`. */
const HOOK_SECRET = 'HOOK_SECRET_';

/** Every variable that overrides a setting of config.yaml; those of the LLM providers are in `llm.ts`. */
export const SETTING_VARIABLES: readonly string[] = [
  ...GLOBAL.map(([name]) => name),
  ...CHANNEL.map(([name]) => name),
  BITRIX,
];

/** The default tenant's slug, and the name of the channel that the environment makes. */
export const DEFAULT_NAME = 'default';

/**
 * Lays the environment over the file. An empty variable counts as not set, as compose files pass them.
 * `origins` tells for a path which variable decides it, so that a fault names the right place.
 */
export function overlayEnvironment(
  file: Tree,
  env: Environment,
): { tree: Tree; origins: Map<string, string> } {
  const tree = structuredClone(file);
  const origins = new Map<string, string>();
  const given = (name: string) => (env[name] === '' ? undefined : env[name]);

  for (const [variable, path] of GLOBAL) {
    origins.set(showPath(path), variable);
    const value = given(variable);
    if (value !== undefined)
      put(tree, path, NUMBERS.has(variable) && /^\d+$/.test(value) ? Number(value) : value);
  }

  const channel = CHANNEL.filter(([variable]) => given(variable) !== undefined);
  const bitrix = given(BITRIX);
  const hooks = Object.keys(env).filter((name) => name.startsWith(HOOK_SECRET) && given(name) !== undefined);
  if (tree.tenants === undefined) tree.tenants = [{ slug: DEFAULT_NAME }];
  const tenants: unknown = tree.tenants;
  if (!Array.isArray(tenants)) return { tree, origins };

  let t = tenants.findIndex((tenant) => isTree(tenant) && tenant.slug === DEFAULT_NAME);
  if (t < 0) {
    if (channel.length === 0 && hooks.length === 0 && bitrix === undefined) return { tree, origins };
    t = tenants.push({ slug: DEFAULT_NAME }) - 1;
  }
  const at = showPath(['tenants', t]);
  origins.set(`${at}.bitrix.webhookUrl`, BITRIX);
  if (bitrix !== undefined) put(tree, ['tenants', t, 'bitrix', 'webhookUrl'], bitrix);
  for (const variable of hooks) {
    const process = variable.slice(HOOK_SECRET.length).toLowerCase();
    origins.set(`${at}.hooks.${process}.secret`, variable);
    put(tree, ['tenants', t, 'hooks', process, 'secret'], given(variable));
  }

  const tenant = tenants[t] as Tree;
  if (tenant.channels === undefined) tenant.channels = [];
  const channels: unknown = tenant.channels;
  if (!Array.isArray(channels)) return { tree, origins };
  let c = channels.findIndex((item) => isTree(item) && item.name === DEFAULT_NAME);
  if (c < 0) {
    if (channel.length === 0) return { tree, origins };
    c = channels.push({ name: DEFAULT_NAME, kind: 'telegram' }) - 1;
  }
  for (const [variable, field] of CHANNEL) {
    origins.set(`${at}.channels[${c}].${field}`, variable);
    const value = given(variable);
    if (value !== undefined) (channels[c] as Tree)[field] = value;
  }
  return { tree, origins };
}

function put(tree: Tree, path: Path, value: unknown): void {
  let node: Tree = tree;
  for (const part of path.slice(0, -1) as string[]) {
    if (!isTree(node[part]) && !Array.isArray(node[part])) node[part] = {};
    node = node[part] as Tree;
  }
  node[path.at(-1) as string] = value;
}
