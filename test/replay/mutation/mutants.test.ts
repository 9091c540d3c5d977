import { describe, expect, it } from 'vitest';
import { mutate } from './mutants.ts';
import { editSafely } from './safe.ts';
import { parse } from './source.ts';
import { weave } from './weave.ts';

const SOURCE = parse(
  '/workflows/greet.ts',
  'workflows/greet.ts',
  `import { sleep, upsertMemo } from '@temporalio/workflow';
// Ünïcödé before: offsets count UTF-16 units 👋
export async function greet(run: Run, given: string) {
  const name = await run.act(POLICY, 'Find the name').findName({ given });
  await sleep(5);
  await note();
  upsertMemo({ name });
  const unused = console.log('plain');
}
async function note() {
  await run.own(POLICY, 'Note it').noteIt({});
}
`,
);

describe('mutants', () => {
  const { mutants, files } = mutate([SOURCE], '/switch.ts');
  const done = mutants.map(({ line, does }) => `${line} ${does}`);

  it('are made of every call that is a command, and of steps that lead to one, with the line', () => {
    expect(done).toEqual(
      expect.arrayContaining([
        '4 activity removed',
        '4 activity made a local activity',
        '5 timer removed',
        '6 step left out',
        '6 step done before the one in front of it',
        '7 memo given twice',
        '11 local activity renamed',
      ]),
    );
    expect(done.filter((one) => one.startsWith('8 '))).toEqual([]);
  });

  it('all lie dormant in one text that is still a module', () => {
    const text = files.get(SOURCE.path) ?? '';
    expect(() => parse(SOURCE.path, SOURCE.file, text)).not.toThrow();
    for (const { id } of mutants) expect(text).toContain(`__chosen('${id}')`);
    expect(text.split('\n')).toHaveLength(SOURCE.text.split('\n').length);
  });
});

describe('safe edits', () => {
  const { edits, files } = editSafely([SOURCE]);
  const text = files.get(SOURCE.path) ?? '';

  it('rename what a function declares, wherever it is used, and leave what others know', () => {
    expect(text).toContain('const name_ =');
    expect(text).toContain('upsertMemo({ name: name_ })');
    expect(text).toContain('.findName({ ...({ given: given_ }), toldAnew: true })');
    expect(() => parse(SOURCE.path, SOURCE.file, text)).not.toThrow();
  });

  it('are counted by kind', () => {
    expect(edits.get('text changed')).toBe(2);
    expect(edits.get('duration changed')).toBe(1);
  });
});

describe('weaving', () => {
  it('puts inner edits into outer ones, and around the same part the first given inside', () => {
    const around = (start: number, end: number, left: string, right: string) => ({
      start,
      end,
      render: (inner: string) => left + inner + right,
    });
    const woven = weave('abcdef', [around(1, 5, '(', ')'), around(2, 4, '[', ']'), around(2, 4, '{', '}')]);
    expect(woven).toBe('a(b{[cd]}e)f');
    expect(() => weave('abcdef', [around(0, 3, '', ''), around(2, 5, '', '')])).toThrow('overlap');
  });
});
