import { createRequire } from 'node:module';
import type { DataConverter } from '@temporalio/common';
import {
  type ActivityInterceptors,
  type BundleOptions,
  bundleWorkflowCode,
  DefaultLogger,
  type InjectedSinks,
  type NativeConnection,
  Worker,
  type WorkflowBundleOption,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import type { Settings } from '../config/settings.ts';
import type { ProjectionSinks } from '../workflows/kit/sinks.ts';
import { FAILURE_CONVERTER } from './encryption/converter.ts';

const require = createRequire(import.meta.url);

export interface WorkerOptions {
  connection: NativeConnection;
  settings: Settings['temporal'];
  bundle: WorkflowBundleOption;
  activities: object;
  dataConverter: DataConverter;
  sinks: InjectedSinks<ProjectionSinks>;
}

/**
 * Workflows as the sandbox runs them: one file, which takes seconds to build. `workflowsPath` exports them,
 * `interceptors` are modules that intercept them in addition. Modules of workflows are loaded once for all
 * workflows of a worker, and their exports frozen: they hold nothing that belongs to one of them.
 */
export const bundleWorkflows = (
  workflowsPath = require.resolve('../workflows/index.ts'),
  interceptors: readonly string[] = [],
  webpackConfigHook: NonNullable<BundleOptions['webpackConfigHook']> = (config) => config,
): Promise<WorkflowBundleWithSourceMap> => {
  const attributes = require.resolve('../workflows/kit/log-attributes.ts');
  return bundleWorkflowCode({
    workflowsPath,
    workflowInterceptorModules: [attributes, ...interceptors],
    preloadModules: [workflowsPath, attributes],
    failureConverterPath: FAILURE_CONVERTER,
    logger: new DefaultLogger('WARN'),
    webpackConfigHook,
  });
};

/**
 * The one worker of the queue `conversations`: workflows, quick SQL, and what needs no limit of its own.
 * Sizes are for two cores; more workers share the queue when more is needed.
 */
export function createWorker({
  connection,
  settings,
  bundle,
  activities,
  dataConverter,
  sinks,
}: WorkerOptions): Promise<Worker> {
  return Worker.create({
    connection,
    namespace: settings.namespace,
    taskQueue: settings.taskQueue,
    workflowBundle: bundle,
    activities,
    dataConverter,
    sinks,
    maxConcurrentWorkflowTaskExecutions: 20,
    maxConcurrentActivityTaskExecutions: 60,
    maxConcurrentLocalActivityExecutions: 20,
    // Some 0.2 MB each, so that a worker stays within its gigabyte; the others are replayed when they are needed.
    maxCachedWorkflows: 1_000,
    // A task for a killed worker's cache is given to another after this, not after the default ten seconds.
    stickyQueueScheduleToStartTimeout: '1500ms',
    // On a deployment activities get ten seconds to finish and are then cancelled; what ignores that is left.
    shutdownGraceTime: '10s',
    shutdownForceTime: '20s',
    interceptors: { activity: [correlateActivityLogs] },
    // Heartbeats say within seconds that a worker died; the SDK holds them back to 80 % of the timeout.
    defaultHeartbeatThrottleInterval: '2s',
    maxHeartbeatThrottleInterval: '2s',
  });
}

/** What the SDK logs about an activity carries the correlation id of the request that it serves. */
function correlateActivityLogs(): ActivityInterceptors {
  let correlationId: string | undefined;
  return {
    inbound: {
      execute(input, next) {
        const [request] = input.args;
        if (typeof request === 'object' && request !== null && 'correlationId' in request) {
          correlationId = String(request.correlationId);
        }
        return next(input);
      },
    },
    outbound: {
      getLogAttributes: (input, next) => ({
        ...next(input),
        ...(correlationId === undefined ? {} : { correlationId }),
      }),
    },
  };
}
