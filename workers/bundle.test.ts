import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { keptBundle } from './bundle.ts';

describe('the bundle of workflows', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dirigent-bundle-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const none = join(folder, 'none');
  let builds = 0;
  const build = async () => ({ code: `build ${++builds}` });

  it('is built once for the same sources, and written whole', async () => {
    const kept = join(folder, 'kept');
    const first = await keptBundle(kept, none, build);
    expect(await keptBundle(kept, none, build)).toEqual(first);
    expect(builds).toBe(1);
    const [name = ''] = readdirSync(kept);
    expect(first).toEqual({ codePath: join(kept, name) });
    expect(readFileSync(join(kept, name), 'utf8')).toBe('build 1');
  });

  it('is taken from the image that holds it, and nothing is written beside it', async () => {
    const image = join(folder, 'image');
    const built = await keptBundle(image, none, build);
    const before = builds;
    expect(await keptBundle(join(folder, 'data'), image, build)).toEqual(built);
    expect(builds).toBe(before);
    expect(readdirSync(folder)).not.toContain('data');
  });

  it('is built anew where an image holds that of other sources', async () => {
    const other = join(folder, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'workflows-0000.js'), 'other');
    const before = builds;
    await keptBundle(join(folder, 'fresh'), other, build);
    expect(builds).toBe(before + 1);
  });

  it('is used from memory where no folder can be written to', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expect(await keptBundle(join(file, 'below'), none, build)).toEqual({ code: `build ${builds}` });
  });
});
