/** Asks the control API. Throws with its own words when it refuses. */
export type Ask = <T>(method: string, path: string, body?: unknown) => Promise<T>;

export function askAt(controlUrl: string): Ask {
  return async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${controlUrl}${path}`, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    });
    const answer = (await response.json()) as T & { error?: string };
    if (!response.ok)
      throw new Error(`Sandbox control ${method} ${path}: ${answer.error ?? response.status}`);
    return answer;
  };
}

/** A query string from what is defined. */
export function query(values: Record<string, string | number | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values))
    if (value !== undefined) search.set(name, String(value));
  return search.size === 0 ? '' : `?${search}`;
}
