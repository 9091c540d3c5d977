import { Bell } from '../http/bell.ts';
import type { PromptMessage } from './conversation.ts';

/** One request that a model received, for assertions. */
export interface ModelRequestRecord {
  seq: number;
  at: string;
  service: 'ollama' | 'openai' | 'anthropic';
  /** `chat`, `generate`, `embed`. */
  operation: string;
  /** OpenAI-compatible servers only: openai, glm, openrouter, groq, vllm. */
  flavour?: string;
  model: string;
  messages: PromptMessage[];
  /** `json`, `json_object`, or the JSON Schema. */
  format?: unknown;
  options?: unknown;
  stream: boolean;
  /** What was answered; absent when it was no text. */
  answer?: string;
}

/** Every request to a model, the newest 2000 of them. */
export class ModelRequests {
  #records: ModelRequestRecord[] = [];
  #seq = 0;
  #bell = new Bell();

  add(record: Omit<ModelRequestRecord, 'seq' | 'at'>): void {
    this.#records.push({ seq: ++this.#seq, at: new Date().toISOString(), ...record });
    if (this.#records.length > 2000) this.#records.shift();
    this.#bell.ring();
  }

  async read(after: number, waitMs: number): Promise<ModelRequestRecord[]> {
    const look = () => {
      const found = this.#records.filter(({ seq }) => seq > after);
      return found.length > 0 ? found : undefined;
    };
    return (await this.#bell.until(look, waitMs)) ?? [];
  }

  clear(): void {
    this.#records = [];
  }
}
