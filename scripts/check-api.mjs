// `npm run check:api`: does the running server do what its OpenAPI description says?
import { enter } from './lib/entry.mjs';

enter(() => import('./api-check/check.mjs').then(({ checkApi }) => checkApi));
