import type { SandboxUrls } from '../../../sandbox/client.ts';
import { type HttpCall, type HttpProxy, type HttpWatch, openHttpProxy } from './http.ts';
import type { Resolver } from './resolver.ts';
import type { Tracker } from './tracker.ts';

type Service = Exclude<keyof SandboxUrls, 'control'>;

/** Calls that leave nothing behind at the other side. Whatever is not known to be one is an effect. */
const READS: Record<Service, RegExp> = {
  telegram: /^(get|sendChatAction|file|setWebhook|deleteWebhook|setMy|delete?My)/i,
  bitrix24: /\.(list|get|fields|findbycomm|current)(\.json)?$/i,
  ollama: /^(tags|ps|version|show)$/,
  openai: /^models$/,
  anthropic: /^models$/,
};

export interface OutsideProxies {
  urls: Omit<SandboxUrls, 'control'>;
  close(): Promise<void>;
}

/** Ways to the services outside: what a request says of its customer is read, and effects are held. */
export async function openOutsideProxies(
  sandbox: SandboxUrls,
  tracker: Tracker,
  resolver: Resolver,
  phones: (text: string) => number | undefined,
): Promise<OutsideProxies> {
  async function chatOf(service: Service, call: HttpCall): Promise<number | undefined> {
    const text = call.body.toString('utf8');
    if (service === 'telegram') {
      const press = /"callback_query_id":"([^"]+)"/.exec(text)?.[1];
      if (press) return resolver.knownChat(`press ${press}`);
      const chat = /"chat_id":"?(-?\d+)/.exec(text)?.[1];
      return chat === undefined ? undefined : Number(chat);
    }
    const correlation = call.headers['x-correlation-id'];
    if (correlation) return resolver.chatOf(String(correlation));
    if (service !== 'bitrix24') return undefined;
    const lead = /"(?:=)?originId":"([0-9a-f-]{36})"/.exec(text)?.[1];
    if (lead) return resolver.chatOf(lead);
    const inCrm = /"(?:ENTITY_ID|OWNER_ID)":"?(\d+)/.exec(text)?.[1];
    return (inCrm && resolver.knownChat(`crm ${inCrm}`)) || phones(text);
  }

  const watch =
    (service: Service) =>
    async (call: HttpCall): Promise<HttpWatch | undefined> => {
      const chat = await chatOf(service, call);
      if (chat === undefined) return undefined;
      const name = nameOf(service, call.path);
      const headers = { 'x-sandbox-lane': String(chat) };
      if (READS[service].test(name)) return { headers };
      const begun = tracker.begin(chat, `${service} ${name}`);
      return {
        headers,
        before: begun?.asked,
        async after(gone, answer) {
          const created = service === 'bitrix24' ? createdId(answer.body) : undefined;
          if (created !== undefined) resolver.learn(`crm ${created}`, chat);
          await begun?.done(gone);
        },
      };
    };

  const open = (service: Service) => openHttpProxy(sandbox[service], watch(service));
  const services = ['telegram', 'ollama', 'openai', 'anthropic', 'bitrix24'] as const;
  const proxies = Object.fromEntries(
    await Promise.all(services.map(async (service) => [service, await open(service)] as const)),
  ) as Record<Service, HttpProxy>;
  return {
    urls: Object.fromEntries(
      services.map((service) => [service, proxies[service].url]),
    ) as unknown as OutsideProxies['urls'],
    close: async () => void (await Promise.all(Object.values(proxies).map((proxy) => proxy.close()))),
  };
}

/** `sendMessage`, `crm.item.add`, `chat`, `glm chat/completions`: what the service calls it, without secrets. */
function nameOf(service: Service, path: string): string {
  const [, ...parts] = (path.split('?')[0] ?? '').split('/');
  if (service === 'openai') return `${parts[0]} ${parts.slice(-2).join('.')}`.replace(/ v\d+\./, ' ');
  const name = service === 'telegram' && parts[0] === 'file' ? 'file' : (parts.at(-1) ?? '');
  return name.replace(/\.json$/, '');
}

/** What the CRM calls something that was just made there. */
function createdId(body: Buffer): number | undefined {
  try {
    const { result }: { result?: { item?: { id?: number } } } = JSON.parse(body.toString('utf8'));
    return result?.item?.id;
  } catch {
    // The script lets the CRM answer with what is no JSON.
    return undefined;
  }
}
