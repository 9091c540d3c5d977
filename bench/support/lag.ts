const METRIC = 'dirigent_projection_lag_seconds_bucket';

/** The histogram of projection lag as /metrics prints it: upper bound in seconds → runs up to there. */
export function lagBuckets(metrics: string): Map<number, number> {
  const buckets = new Map<number, number>();
  for (const line of metrics.split('\n')) {
    const found = new RegExp(`^${METRIC}\\{.*?le="([^"]+)".*?\\} (\\d+)`).exec(line);
    if (found)
      buckets.set(found[1] === '+Inf' ? Number.POSITIVE_INFINITY : Number(found[1]), Number(found[2]));
  }
  if (buckets.size === 0) throw new Error(`/metrics has no ${METRIC}.`);
  return buckets;
}

/** The smallest bound, in seconds, below which this share of the runs was projected. */
export function lagPercentile(buckets: Map<number, number>, share: number): number {
  const total = Math.max(...buckets.values());
  const bounds = [...buckets].sort(([a], [b]) => a - b);
  return bounds.find(([, count]) => count >= share * total)?.[0] ?? Number.NaN;
}
