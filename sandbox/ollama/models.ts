import { createHash } from 'node:crypto';

export interface InstalledModel {
  name: string;
  family: string;
  size: number;
  digest: string;
  parameterSize: string;
  capabilities: string[];
  contextLength: number;
  embeddingLength: number;
}

/** The models that the product uses by default. */
export const DEFAULT_MODELS = [
  'qwen3:30b',
  'qwen3-coder:30b',
  'deepseek-r1:8b',
  'llama3.1:8b',
  'qwen2.5-coder:1.5b',
  'nomic-embed-text:latest',
];

const KEEP_MS = 5 * 60_000;

function describe(name: string): InstalledModel {
  const [family = name, tag = 'latest'] = name.split(':');
  const embedding = /embed|bge|minilm/.test(family);
  const thinking = /^(qwen3|deepseek-r1)$/.test(family);
  return {
    name: `${family}:${tag}`,
    family,
    size: 1_000_000_000,
    digest: createHash('sha256').update(name).digest('hex'),
    parameterSize: tag === 'latest' ? '137M' : tag.toUpperCase(),
    capabilities: embedding ? ['embedding'] : ['completion', 'tools', ...(thinking ? ['thinking'] : [])],
    contextLength: 32_768,
    embeddingLength: embedding ? 768 : 4096,
  };
}

function keepMs(keepAlive: unknown): number {
  if (typeof keepAlive === 'number') return keepAlive < 0 ? Number.POSITIVE_INFINITY : keepAlive * 1000;
  const found = /^(-?\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(String(keepAlive ?? ''));
  if (!found) return KEEP_MS;
  const value =
    Number(found[1]) *
    { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[(found[2] ?? 's') as 'ms' | 's' | 'm' | 'h'];
  return value < 0 ? Number.POSITIVE_INFINITY : value;
}

/** Installed models and those loaded now. Loading takes `loadMs`, once per model. */
export class ModelShelf {
  loadMs: number;
  #installed: InstalledModel[];
  #loaded = new Map<string, { ready: Promise<void>; expiresAt: number }>();

  constructor(names: readonly string[], loadMs: number) {
    this.#installed = names.map(describe);
    this.loadMs = loadMs;
  }

  /** `family` alone means `family:latest`. */
  find(name: string): InstalledModel | undefined {
    const full = name.includes(':') ? name : `${name}:latest`;
    return this.#installed.find((model) => model.name === full);
  }

  /** Resolves when the model is in memory; returns the milliseconds that loading took this caller. */
  async load(model: InstalledModel, keepAlive: unknown, gone: AbortSignal): Promise<number> {
    const began = performance.now();
    let entry = this.#loaded.get(model.name);
    if (!entry || entry.expiresAt < Date.now()) {
      const ready = new Promise<void>((resolve) => setTimeout(resolve, this.loadMs).unref());
      entry = { ready, expiresAt: Number.POSITIVE_INFINITY };
      this.#loaded.set(model.name, entry);
    }
    await Promise.race([
      entry.ready,
      new Promise((resolve) => gone.addEventListener('abort', resolve, { once: true })),
    ]);
    entry.expiresAt = Date.now() + keepMs(keepAlive);
    return performance.now() - began;
  }

  unload(model: InstalledModel): number {
    this.#loaded.delete(model.name);
    return 0;
  }

  unloadAll(): void {
    this.#loaded.clear();
  }

  tags(): unknown[] {
    return this.#installed.map((model) => ({ ...summary(model), modified_at: '2026-11-01T00:00:00Z' }));
  }

  loaded(): unknown[] {
    return this.#installed.flatMap((model) => {
      const entry = this.#loaded.get(model.name);
      if (!entry || entry.expiresAt < Date.now()) return [];
      const until = Math.min(entry.expiresAt, Date.now() + 100 * 365 * 86_400_000);
      const expires_at = new Date(until).toISOString();
      return [{ ...summary(model), size_vram: model.size, expires_at, context_length: model.contextLength }];
    });
  }

  show(model: InstalledModel): unknown {
    return {
      parameters: '',
      template: '{{ .Prompt }}',
      license: '',
      details: details(model),
      model_info: {
        'general.architecture': model.family,
        [`${model.family}.context_length`]: model.contextLength,
        [`${model.family}.embedding_length`]: model.embeddingLength,
      },
      capabilities: model.capabilities,
      modified_at: '2026-11-01T00:00:00Z',
    };
  }
}

function details({ family, parameterSize }: InstalledModel) {
  return {
    format: 'gguf',
    family,
    families: [family],
    parameter_size: parameterSize,
    quantization_level: 'Q4_K_M',
  };
}

function summary(model: InstalledModel) {
  const { name, size, digest } = model;
  return { name, model: name, size, digest, details: details(model) };
}
