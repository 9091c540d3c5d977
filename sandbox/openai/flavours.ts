/** How one provider differs from the reference. */
export interface Flavour {
  name: 'openai' | 'glm' | 'openrouter' | 'groq' | 'vllm';
  /** Path in front of `/chat/completions`. */
  prefix: string;
  /** Models that are listed; see `anyModel`. */
  models: string[];
  /** Every model name is served, as an aggregator seems to. */
  anyModel: boolean;
  jsonSchema: boolean;
  embeddings: boolean;
  /** Shape of an error body for a status. */
  error(status: number, message: string, code: string, type: string): unknown;
}

const openAiError: Flavour['error'] = (_status, message, code, type) => ({
  error: { message, type, param: null, code },
});

const GLM_CODES: Record<string, string> = {
  invalid_api_key: '1000',
  model_not_found: '1211',
  invalid_request: '1210',
  missing_messages: '1214',
};

export const FLAVOURS: readonly Flavour[] = [
  {
    name: 'openai',
    prefix: '/openai/v1',
    models: [
      'gpt-4o',
      'gpt-4o-mini',
      'gpt-4.1',
      'gpt-4.1-mini',
      'gpt-5',
      'gpt-5-mini',
      'text-embedding-3-small',
      'text-embedding-3-large',
    ],
    anyModel: false,
    jsonSchema: true,
    embeddings: true,
    error: openAiError,
  },
  {
    name: 'glm',
    prefix: '/glm/api/paas/v4',
    models: [
      'glm-5',
      'glm-4.7',
      'glm-4.7-flash',
      'glm-4.6',
      'glm-4.5',
      'glm-4.5-air',
      'glm-4.5-flash',
      'embedding-3',
      'embedding-2',
    ],
    anyModel: false,
    jsonSchema: false,
    embeddings: true,
    error: (_status, message, code) => ({ error: { code: GLM_CODES[code] ?? '1210', message } }),
  },
  {
    name: 'openrouter',
    prefix: '/openrouter/api/v1',
    models: ['deepseek/deepseek-r1-0528', 'tngtech/deepseek-r1t2-chimera', 'openai/gpt-4o-mini'],
    anyModel: true,
    jsonSchema: true,
    embeddings: true,
    error: (status, message) => ({ error: { code: status, message } }),
  },
  {
    name: 'groq',
    prefix: '/groq/openai/v1',
    models: [
      'llama-3.3-70b-versatile',
      'llama-3.1-8b-instant',
      'openai/gpt-oss-20b',
      'openai/gpt-oss-120b',
      'qwen/qwen3-32b',
    ],
    anyModel: false,
    jsonSchema: true,
    embeddings: false,
    error: openAiError,
  },
  {
    name: 'vllm',
    prefix: '/vllm/v1',
    models: ['qwen3:30b', 'Qwen/Qwen3-30B-A3B'],
    anyModel: true,
    jsonSchema: true,
    embeddings: true,
    error: (status, message, _code, type) => ({
      error: {
        message,
        type: status === 404 ? 'NotFoundError' : type === 'invalid_request_error' ? 'BadRequestError' : type,
        param: null,
        code: status,
      },
    }),
  },
];
