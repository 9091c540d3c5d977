/** What the sandbox expects when it is told nothing else, for those who configure a client against it. */
export const SANDBOX_DEFAULTS = {
  botId: 700_000_001,
  botToken: '700000001:sandbox-bot-token',
  /** Any non-empty key is accepted unless keys are configured. */
  apiKey: 'sandbox-key',
  bitrixUserId: 1,
  bitrixCode: 'sandboxcode',
  bitrixLimit: { burst: 50, perSecond: 2 },
} as const;

/** Base URLs of the OpenAI-compatible stand-ins, from the root of that server. */
export function providerUrls(root: string) {
  return {
    openai: `${root}/openai/v1`,
    glm: `${root}/glm/api/paas/v4`,
    openrouter: `${root}/openrouter/api/v1`,
    groq: `${root}/groq/openai/v1`,
    vllm: `${root}/vllm/v1`,
  };
}

/** The inbound webhook of the portal, as a client is configured with it. */
export function bitrixWebhookUrl(
  root: string,
  { userId, code }: { userId?: number; code?: string } = {},
): string {
  return `${root}/rest/${userId ?? SANDBOX_DEFAULTS.bitrixUserId}/${code ?? SANDBOX_DEFAULTS.bitrixCode}/`;
}
