import type { TenantDirectory } from './deps.ts';
import { Problem } from './problem.ts';

/** The tenant a request names, or the default one. */
export async function requireTenant(
  tenants: TenantDirectory,
  slug: string | undefined,
): Promise<{ id: string }> {
  const tenant = await tenants.resolve(slug);
  if (tenant !== undefined) return tenant;
  throw new Problem(400, 'invalid-request', 'Name the tenant.', {
    errors: [
      {
        parameter: 'tenant',
        detail: slug === undefined ? 'There is no default tenant.' : 'There is no such tenant.',
      },
    ],
  });
}
