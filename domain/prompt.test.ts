import { describe, expect, it } from 'vitest';
import { promptFaults, renderPrompt } from './prompt.ts';

const answer = (text: string) => ({
  name: 'answer',
  version: 1,
  task: 'answer' as const,
  about: 'x',
  hash: 'h',
  text,
});
const VALUES = { business: 'Acme', language: 'Kazakh', correction: false };

describe('instructions', () => {
  it('are filled with their values', () => {
    expect(renderPrompt(answer('For "{{business}}" in {{language}}.\n'), VALUES)).toBe(
      'For "Acme" in Kazakh.',
    );
  });

  it('show a part only when its flag is set, and no tags', () => {
    const text = 'a\n{{#correction}}\nb {{business}}\n{{/correction}}\nc\n';
    expect(renderPrompt(answer(text), VALUES)).toBe('a\nc');
    expect(renderPrompt(answer(text), { ...VALUES, correction: true })).toBe('a\nb Acme\nc');
  });

  it('take a value as it is: what looks like a placeholder or a pattern in it stays', () => {
    const business = '{{language}} {{#correction}} $& $1';
    expect(renderPrompt(answer('{{business}}'), { ...VALUES, business })).toBe(business);
  });
});

describe('a template is refused', () => {
  it.each([
    ['a value nobody gives', 'Hello {{customer}}', /\{\{customer\}\} is no value/],
    ["the customer's words", 'Answer this: {{message}}', /\{\{message\}\} is no value/],
    ['a value with spaces', '{{ business }}', /is no value/],
    ['a name of every object', '{{constructor}}', /is no value/],
    ['a flag nobody sets', '{{#angry}}\nx\n{{/angry}}', /\{\{#angry\}\} is no flag/],
    ['a part that is never closed', '{{#correction}}\nx', /never closed/],
    ['a part in a part', '{{#correction}}\n{{#correction}}\nx\n{{/correction}}', /wrong place/],
    ['an end without a beginning', 'x\n{{/correction}}', /wrong place/],
    ['a tag within a line', 'x {{#correction}} y', /is no value/],
    ['half a placeholder', 'Hello {{business', /brace/],
    ['nothing', ' \n', /is empty/],
  ])('for %s', (_, text, fault) => {
    expect(promptFaults('answer', text).join('\n')).toMatch(fault);
  });

  it('for what is missing', () => {
    expect(promptFaults('intent', '{{intents}} {{message_begin}}').join()).toMatch(
      /\{\{message_end\}\} is missing/,
    );
  });

  it('for nothing else', () => {
    expect(promptFaults('answer', 'Be kind: {a: 1}.\n{{#correction}}\nx\n{{/correction}}\n')).toEqual([]);
  });
});
