import { beforeEach, expect, test } from 'vitest';
import { type Breaker, createBreaker, isPermit, type Permit } from './breaker.ts';

let now = 0;
let breaker: Breaker;

beforeEach(() => {
  now = 1_000;
  breaker = createBreaker({ failures: 2, openMs: 100, now: () => now });
});

function admitted(): Permit {
  const admission = breaker.admit();
  if (!isPermit(admission)) throw new Error('refused');
  return admission;
}

function trip(): void {
  admitted().failed();
  admitted().failed();
}

test('opens after the given failures in a row and says for how long', () => {
  trip();
  expect(breaker.state()).toBe('open');
  now += 30;
  expect(breaker.admit()).toEqual({ retryAfterMs: 70 });
});

test('a success in between starts the count anew', () => {
  admitted().failed();
  admitted().succeeded();
  admitted().failed();
  expect(breaker.state()).toBe('closed');
});

test('half open, one probe goes through and its success closes the circuit', () => {
  trip();
  now += 100;
  expect(breaker.state()).toBe('half_open');
  const probe = admitted();
  expect(isPermit(breaker.admit())).toBe(false);
  probe.succeeded();
  expect(breaker.state()).toBe('closed');
});

test('a failed probe opens the circuit again for the whole time', () => {
  trip();
  now += 100;
  admitted().failed();
  expect(breaker.admit()).toEqual({ retryAfterMs: 100 });
});

test('an abandoned probe makes room for the next one', () => {
  trip();
  now += 100;
  admitted().abandoned();
  expect(isPermit(breaker.admit())).toBe(true);
});

test('results of calls begun before the circuit opened change nothing', () => {
  const early = admitted();
  const late = admitted();
  trip();
  early.succeeded();
  late.failed();
  expect(breaker.state()).toBe('open');
  now += 100;
  admitted().succeeded();
  expect(breaker.state()).toBe('closed');
});

test('a rest keeps everybody away for the time asked', () => {
  breaker.rest(40);
  expect(breaker.admit()).toEqual({ retryAfterMs: 40 });
  now += 40;
  admitted().succeeded();
  expect(breaker.state()).toBe('closed');
});
