import { PROCESSES } from '../../workflows/registry.ts';
import { begin, isAlone } from '../support/begin.ts';
import type { Chat } from '../support/chat.ts';
import { play } from '../support/play.ts';
import type { Product } from '../support/stack.ts';
import { asking } from './paths/asking.ts';
import { conversing } from './paths/conversing.ts';
import { corners } from './paths/corners.ts';
import { failing } from './paths/failing.ts';
import { movedOn } from './paths/moved-on.ts';
import type { RecordedPath } from './paths/path.ts';

export type { RecordedPath } from './paths/path.ts';

/** Examples come to their end while somebody watches. */
const AT_ONCE = { secondLookMs: 500 };

const examples: RecordedPath[] = PROCESSES.flatMap(({ name, examples }) =>
  examples.map((example, index) => ({
    name: `example-${name}-${index + 1}`,
    timing: AT_ONCE,
    walk: async (chat: Chat, product: Product) =>
      isAlone(example)
        ? { begun: await begin(product, name, 'recorded') }
        : play(example, chat, { process: name }),
  })),
);

export const PATHS: readonly RecordedPath[] = [
  ...examples,
  ...asking,
  ...conversing,
  ...failing,
  ...movedOn,
  ...corners,
];
