// The entry of `npm test`. Nothing may be installed yet: see lib/entry.mjs.
import { enter } from './lib/entry.mjs';

enter(() => import('./lib/launch.mjs').then(({ test }) => test));
