import { type WorkflowInterceptorsFactory, workflowInfo } from '@temporalio/workflow';

/** What is logged about a run carries its correlation id. Adds nothing to histories. */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [
    {
      getLogAttributes: (input, next) => {
        const correlationId = workflowInfo().memo?.correlationId;
        return { ...next(input), ...(correlationId === undefined ? {} : { correlationId }) };
      },
    },
  ],
});
