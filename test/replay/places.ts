import { proxySinks, type WorkflowInterceptorsFactory } from '@temporalio/workflow';

/** Where in the code a command was given: what it names, and the stack at that moment. */
export interface Given {
  kind: 'activity' | 'local_activity' | 'child' | 'signal' | 'timer';
  /** An activity, a type of child, a signal; empty for a timer. */
  name: string;
  stack: string;
}

export type PlacesSinks = { places: { given(command: Given): void } };

const { places } = proxySinks<PlacesSinks>();

function tell(kind: Given['kind'], name: string): void {
  places.given({ kind, name, stack: new Error('given here').stack ?? '' });
}

/** Runs in the sandbox of replays: a divergence is told with the line that brought it about. */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [
    {
      scheduleActivity: (input, next) => {
        tell('activity', input.activityType);
        return next(input);
      },
      scheduleLocalActivity: (input, next) => {
        tell('local_activity', input.activityType);
        return next(input);
      },
      startChildWorkflowExecution: (input, next) => {
        tell('child', input.workflowType);
        return next(input);
      },
      signalWorkflow: (input, next) => {
        tell('signal', input.signalName);
        return next(input);
      },
      startTimer: (input, next) => {
        tell('timer', '');
        return next(input);
      },
    },
  ],
});
