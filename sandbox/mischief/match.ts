import type { MischiefRule, ServiceName } from './rule.ts';

/** A request as the mischief rules and the call journal see it; it never holds a secret. */
export interface Call {
  service: ServiceName;
  method: string;
  path: string;
  params: unknown;
  botId?: number;
  chatId?: string;
  model?: string;
  lane?: string;
}

function glob(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'i').test(text);
}

/** Whether the rule's target names this request; counts and kinds do not matter here. */
export function matches(rule: MischiefRule, call: Call): boolean {
  if (rule.service !== call.service) return false;
  if (rule.method !== undefined && !glob(rule.method, call.method)) return false;
  if (rule.path !== undefined && !glob(rule.path, call.path)) return false;
  if (rule.chatId !== undefined && String(rule.chatId) !== call.chatId) return false;
  if (rule.botId !== undefined && rule.botId !== call.botId) return false;
  if (rule.model !== undefined && rule.model !== call.model) return false;
  if (rule.lane !== undefined && rule.lane !== call.lane) return false;
  if (rule.contains !== undefined && !JSON.stringify(call.params ?? null).includes(rule.contains))
    return false;
  return true;
}
