import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  RetryState,
  TimeoutFailure,
  TimeoutType,
} from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { failureClass } from './failures.ts';

const step = (cause: Error) =>
  new ActivityFailure('failed', 'createCrmLead', '1', RetryState.MAXIMUM_ATTEMPTS_REACHED, undefined, cause);

describe('what a failed step says about its effect', () => {
  it.for(['rate_limited', 'unavailable', 'refused', 'misconfigured', 'unknown'] as const)(
    'is %s when the provider’s failure is',
    (name) => {
      const failure = ApplicationFailure.create({ type: `bitrix24.${name}`, nonRetryable: true });
      expect(failureClass(step(failure))).toBe(name);
    },
  );

  it.for([TimeoutType.HEARTBEAT, TimeoutType.START_TO_CLOSE])(
    'is unknown when its worker died (%s)',
    (type) => {
      expect(failureClass(step(new TimeoutFailure('killed', undefined, type)))).toBe('unknown');
    },
  );

  it('is unknown when nobody classified it', () => {
    expect(failureClass(step(ApplicationFailure.create({ type: 'PostgresError' })))).toBe('unknown');
  });

  it('is nothing when the step was cancelled, can never work, or was no step', () => {
    expect(failureClass(step(new CancelledFailure('cancelled')))).toBeUndefined();
    expect(failureClass(step(ApplicationFailure.nonRetryable('gone', 'Crm.NotFound')))).toBeUndefined();
    expect(failureClass(ApplicationFailure.create({ type: 'bitrix24.unknown' }))).toBeUndefined();
  });
});
