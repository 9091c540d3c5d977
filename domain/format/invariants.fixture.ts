import { expect } from 'vitest';
import type { Chunk, Content, Entity } from '../outbound.ts';
import { richFromMarkdown } from './markdown.ts';
import { toPlain } from './plain.ts';
import { type RenderLimits, render } from './render.ts';
import { isVisible } from './text.ts';

export const TELEGRAM: RenderLimits = { maxTextUnits: 4096, formatting: true, maxButtonDataBytes: 64 };

/** A small seeded generator (mulberry32), so that a failing case can be repeated. */
export function seeded(seed: number): { int(below: number): number; pick<T>(items: readonly T[]): T } {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
  const int = (below: number) => Math.floor(next() * below);
  return { int, pick: (items) => items[int(items.length)] as (typeof items)[number] };
}

const squeeze = (text: string): string => text.replace(/[\s\u200b-\u200f\u2060\ufeff]/g, '');

/** Checks everything `render` promises about its chunks, and returns them. */
export function renderChecked(content: Content, limits: RenderLimits): Chunk[] {
  const chunks = render(content, limits);
  const full =
    content.format === 'plain'
      ? content.text
      : richFromMarkdown(content.text, Math.floor(Math.min(limits.maxTextUnits, 4096) / 2)).text;
  expect(squeeze(chunks.map((chunk) => chunk.text).join(''))).toBe(squeeze(full));
  let position = 0;
  for (const chunk of chunks) {
    expect(chunk.text.length).toBeLessThanOrEqual(limits.maxTextUnits);
    expect(isVisible(chunk.text)).toBe(true);
    expect(chunk.text.trimEnd()).toBe(chunk.text);
    expect(toPlain(chunk).text.length).toBeLessThanOrEqual(limits.maxTextUnits);
    expectValidEntities(chunk);
    if (chunk !== chunks.at(-1)) expect(chunk.buttons).toBeUndefined();
    const found = full.indexOf(chunk.text, position);
    expect(found).toBeGreaterThanOrEqual(position);
    position = found + chunk.text.length;
    expectNoBrokenCharacter(full, found);
    expectNoBrokenCharacter(full, position);
  }
  return chunks;
}

const segmenter = new Intl.Segmenter('ru', { granularity: 'grapheme' });

function expectNoBrokenCharacter(text: string, at: number): void {
  if (at <= 0 || at >= text.length) return;
  const from = Math.max(0, at - 200);
  const near = text.slice(from, at + 200);
  expect(segmenter.segment(near).containing(at - from)?.index).toBe(at - from);
}

export function expectValidEntities(chunk: Chunk): void {
  expect(chunk.entities.length).toBeLessThanOrEqual(100);
  const open: Entity[] = [];
  let last = 0;
  for (const entity of chunk.entities) {
    const end = entity.offset + entity.length;
    expect(entity.length).toBeGreaterThan(0);
    expect(entity.offset).toBeGreaterThanOrEqual(last);
    expect(end).toBeLessThanOrEqual(chunk.text.length);
    last = entity.offset;
    while (open.length > 0 && endOf(open.at(-1) as Entity) <= entity.offset) open.pop();
    for (const outer of open) {
      expect(end).toBeLessThanOrEqual(endOf(outer));
      expect(['code', 'pre']).not.toContain(outer.type);
      expect(outer.type).not.toBe(entity.type);
      if (entity.type === 'pre') expect.fail('a code block within another entity');
      if (entity.type === 'code') expect(outer.type).toBe('blockquote');
    }
    open.push(entity);
  }
}

const endOf = (entity: Entity): number => entity.offset + entity.length;
