import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RecordedEvent } from '../../workers/replay/divergence.ts';

const CORPUS = fileURLToPath(new URL('../histories', import.meta.url));

export interface RecordedHistory {
  /** `lead/own-question.json`, below test/histories. */
  file: string;
  workflowType: string;
  history: { events: RecordedEvent[] };
}

/** Every recorded history, by workflow type and name. */
export function readCorpus(folder = CORPUS): RecordedHistory[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name: workflowType }) =>
      readdirSync(join(folder, workflowType))
        .filter((name) => name.endsWith('.json'))
        .map((name) => ({
          file: `${workflowType}/${name}`,
          workflowType,
          history: JSON.parse(readFileSync(join(folder, workflowType, name), 'utf8')),
        })),
    )
    .sort((a, b) => (a.file < b.file ? -1 : 1));
}

const filesOf = (path: string) =>
  readCorpus().filter(({ file }) => file.split('/')[1]?.replace(/(\.\d+)?\.json$/, '') === path);

/** Whether a path of this name has been recorded, for whichever workflows it touches. */
export const isRecorded = (path: string): boolean => filesOf(path).length > 0;

/** Drops what was recorded of a path, before it is recorded again. */
export function forget(path: string): void {
  for (const { file } of filesOf(path)) rmSync(join(CORPUS, file));
}

/** One event a line: small, and a difference shows the event that differs. */
export function writeHistory(workflowType: string, name: string, events: readonly RecordedEvent[]): string {
  mkdirSync(join(CORPUS, workflowType), { recursive: true });
  const file = `${workflowType}/${name}.json`;
  const lines = events.map((event) => JSON.stringify(event)).join(',\n');
  writeFileSync(join(CORPUS, file), `{"events":[\n${lines}\n]}\n`);
  return file;
}
