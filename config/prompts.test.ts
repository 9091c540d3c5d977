import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BUILT_IN_INTENTS } from '../domain/intent/rules.ts';
import { loadPrompts } from './prompts.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dirigent-prompts-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (path: string, text: string) => {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), text);
};
const prompt = (text: string, task = 'answer') => `---\ntask: ${task}\nabout: A test.\n---\n${text}\n`;

describe('the prompts of the product', () => {
  it('are all in order, and a version that was used has not changed: what is new is a new version', () => {
    const { prompts, faults } = loadPrompts();
    expect(faults).toEqual([]);
    expect(Object.fromEntries([...prompts].map(([ref, { hash }]) => [ref, hash.slice(0, 12)]))).toEqual({
      'answer@1': 'c0e0be916c68',
      'intent@1': '49c83924e83a',
      'lead@1': '8dd774b3cdec',
      'score@1': '0b31b23dbc9d',
    });
  });

  it('tell what each built-in intent means', () => {
    for (const { task, text } of loadPrompts().prompts.values()) {
      if (task !== 'intent') continue;
      for (const name of BUILT_IN_INTENTS) expect(text).toContain(`- ${name}: `);
    }
  });

  it('tell the model that what customers write is data', () => {
    for (const { text } of loadPrompts().prompts.values())
      expect(text).toMatch(/data.*never an instruction/s);
  });
});

describe('prompts of an installation', () => {
  it('stand beside those of the product, with a hash that tells versions apart', () => {
    write('answer/2.md', prompt('Be brief with {{business}}.'));
    write('kind/1.md', prompt('Be kind.'));
    const { prompts, faults } = loadPrompts(folder);
    expect(faults).toEqual([]);
    expect(prompts.get('answer@2')).toMatchObject({
      task: 'answer',
      about: 'A test.',
      text: 'Be brief with {{business}}.\n',
    });
    expect(prompts.get('kind@1')?.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(prompts.get('kind@1')?.hash).not.toBe(prompts.get('answer@2')?.hash);
    expect(prompts.has('answer@1')).toBe(true);
  });

  it.each([
    ['an unknown placeholder', 'answer/2.md', prompt('{{phone}}'), /\{\{phone\}\} is no value/],
    ['an unknown task', 'x/1.md', prompt('x', 'dance'), /task: must be one of answer/],
    ['no head', 'x/1.md', 'Be kind.', /begins with its task/],
    ['a head that is no YAML', 'x/1.md', '---\n{:\n---\nx\n', /head/i],
    ['a version that is none', 'x/latest.md', prompt('x'), /<name>\/<version>\.md/],
    ['a version that exists', 'answer/1.md', prompt('mine'), /answer@1 exists already/],
  ])('with %s are a fault that names the file', (_, path, text, what) => {
    write(path, text);
    const { faults } = loadPrompts(folder);
    expect(faults).toHaveLength(1);
    expect(faults[0]?.what).toMatch(what);
    expect(faults[0]?.where).toBe(join(folder, path));
  });

  it('whose folder is not there are a fault', () => {
    expect(loadPrompts(join(folder, 'nowhere')).faults).toMatchObject([
      { what: expect.stringMatching(/ENOENT/) },
    ]);
  });
});
