import { describe, expect, it } from 'vitest';
import { exitCodeOf, fail, finding, ok, toText, warn } from './finding.ts';

describe("the doctor's page", () => {
  it('ends with 1 as soon as one thing failed, and with 0 where somebody should only look', () => {
    expect(exitCodeOf([ok('a', 'fine')])).toBe(0);
    expect(exitCodeOf([ok('a', 'fine'), warn('b', 'so so', 'look')])).toBe(0);
    expect(exitCodeOf([warn('b', 'so so', 'look'), fail('c', 'bad', 'repair')])).toBe(1);
  });

  it('says what to do under each line that is not well', () => {
    const text = toText([ok('disk', 'fine'), fail('queue', 'no worker', 'Start one.')]);
    expect(text.split('\n')).toEqual([
      '✔ disk   fine',
      '✖ queue  no worker',
      '         → Start one.',
      '',
      'Not healthy: 1 ok, 0 warn, 1 fail',
    ]);
  });

  it('turns a check that breaks into a failed line without secrets', async () => {
    const broken = async () => {
      throw new Error(
        'GET https://api.telegram.org/bot12345:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/getMe failed\nstack',
      );
    };
    const [line] = await finding('channel', broken, 'Look.');
    expect(line).toMatchObject({ name: 'channel', state: 'fail', todo: 'Look.' });
    expect(line?.what).not.toContain('AAAAAAAA');
    expect(line?.what).not.toContain('stack');
  });
});
