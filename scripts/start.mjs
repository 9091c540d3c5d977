// The entry of `npm start`. Nothing may be installed yet: see lib/entry.mjs.
import { enter } from './lib/entry.mjs';

enter(() => import('./lib/launch.mjs').then(({ start }) => start));
