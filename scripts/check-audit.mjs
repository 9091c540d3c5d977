// `npm run check:audit`: are there known faults in the dependencies? Ends with 0, with 1 where there are some, and with
// 3 where nobody could be asked.
import { enter } from './lib/entry.mjs';

enter(() => import('./lib/run-audit.mjs').then(({ runAudit }) => runAudit));
