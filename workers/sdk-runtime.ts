import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Logger } from '../config/logger.ts';

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/**
 * Sends what the Temporal SDK says, its native core included, to our log in the same JSON lines. Once per
 * process, before the first worker. The SDK must not shut workers down on signals by itself: the order of
 * stopping is ours.
 */
export function installRuntime(log: Logger): void {
  const logger = new DefaultLogger('INFO', ({ level, message, meta }) => {
    const { correlationId, error, sdkComponent, ...sdk } = meta ?? {};
    // Its own starting and stopping is of interest only to somebody who debugs it.
    const as = level === 'INFO' && sdkComponent !== 'workflow' ? 'debug' : LEVELS[level];
    log[as](
      {
        ...(correlationId === undefined ? {} : { correlationId }),
        ...(error === undefined ? {} : { err: error }),
        sdk: { component: sdkComponent, ...sdk },
      },
      message,
    );
  });
  Runtime.install({
    logger,
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
  });
}
