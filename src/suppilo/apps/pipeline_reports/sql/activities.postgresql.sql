-- Activities of deals that were done, in a range of ids: each column as one text, in one order.
SELECT
  string_agg(deal_id::text, ','),
  string_agg(kind, ','),
  string_agg(to_char(done_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), ',')
FROM activities_activity
WHERE id > %s AND id <= %s AND deal_id IS NOT NULL AND done_at IS NOT NULL AND cancelled_at IS NULL
