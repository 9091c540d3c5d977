// `npm run services`: the recognisers beside the product. `npm run services -- test` runs their tests.
import { enter } from './lib/entry.mjs';

enter(() => import('./lib/services.mjs').then(({ services }) => services));
