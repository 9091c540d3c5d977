import { describe, expect, it } from 'vitest';
import { storable } from './storable.ts';

describe('storable', () => {
  it('replaces what PostgreSQL refuses, at any depth and in keys', () => {
    const update = JSON.parse('{"a\\u0000":[{"text":"x\\u0000y \\ud83d z"}]}');
    expect(storable(update)).toEqual({ 'a\uFFFD': [{ text: 'x\uFFFDy \uFFFD z' }] });
  });

  it('leaves everything else as it is', () => {
    const update = {
      update_id: 7,
      message: { text: 'Сәлем 👋🏽', entities: [], edited: null, ok: true, n: 1.5 },
    };
    expect(storable(update)).toEqual(update);
  });
});
