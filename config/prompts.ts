import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { isPromptTask, PROMPT_TASKS, type Prompt, promptFaults, promptRef } from '../domain/prompt.ts';
import type { Fault } from './fault.ts';

/** Every version of every prompt, by `name@version`. */
export type Prompts = ReadonlyMap<string, Prompt>;

/** The prompts that the product brings along. */
const OWN = fileURLToPath(new URL('../prompts', import.meta.url));

const Head = z.strictObject({
  task: z.string().refine(isPromptTask, `must be one of ${Object.keys(PROMPT_TASKS).join(', ')}`),
  about: z.string().min(1),
});

/**
 * Reads `<name>/<version>.md` from the product's own folder and from `extra`. Faults name files and what is
 * wrong with them, never their text.
 */
export function loadPrompts(extra?: string): { prompts: Prompts; faults: Fault[] } {
  const prompts = new Map<string, Prompt>();
  const faults: Fault[] = [];
  for (const folder of extra === undefined ? [OWN] : [OWN, extra]) {
    for (const file of filesIn(folder, faults)) {
      const where = join(folder, file.name, `${file.version}.md`);
      const prompt = readPrompt(where, file, faults);
      if (prompt === undefined) continue;
      if (prompts.has(promptRef(prompt))) {
        faults.push({ what: `The prompt ${promptRef(prompt)} exists already: give it another name`, where });
      } else prompts.set(promptRef(prompt), prompt);
    }
  }
  return { prompts, faults };
}

interface PromptFile {
  name: string;
  version: number;
}

function filesIn(folder: string, faults: Fault[]): PromptFile[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) =>
        readdirSync(join(folder, name)).flatMap((file) => {
          const version = /^([1-9]\d{0,5})\.md$/.exec(file)?.[1];
          if (version !== undefined && /^[a-z][a-z0-9_-]{0,62}$/.test(name)) {
            return [{ name, version: Number(version) }];
          }
          faults.push({
            what: 'A prompt is a file <name>/<version>.md, such as answer/2.md',
            where: join(folder, name, file),
          });
          return [];
        }),
      )
      .sort((a, b) => a.name.localeCompare(b.name, 'en') || a.version - b.version);
  } catch (error) {
    faults.push({
      what: `The folder of prompts cannot be read (${(error as NodeJS.ErrnoException).code})`,
      where: folder,
    });
    return [];
  }
}

function readPrompt(where: string, { name, version }: PromptFile, faults: Fault[]): Prompt | undefined {
  const file = readFileSync(where, 'utf8').replace(/\r\n/g, '\n');
  const [, head, text] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(file) ?? [];
  if (head === undefined || text === undefined) {
    faults.push({ what: 'A prompt begins with its task and what it is about, between lines of ---', where });
    return undefined;
  }
  const parsed = Head.safeParse(readYaml(head));
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) {
      faults.push({ what: `${path.join('.') || 'The head'}: ${message}`, where });
    }
    return undefined;
  }
  const { task, about } = parsed.data;
  if (!isPromptTask(task)) return undefined;
  const wrong = promptFaults(task, text);
  faults.push(...wrong.map((what) => ({ what: `The prompt ${name}@${version}: ${what}`, where })));
  if (wrong.length > 0) return undefined;
  const hash = createHash('sha256').update(file).digest('hex');
  return { name, version, task, about, hash, text };
}

function readYaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined; // Refused by the schema; the parser's error would quote the file.
  }
}
