-- Activities of deals that were done, in a range of ids: each column as one text, in one order.
SELECT
  group_concat(deal_id),
  group_concat(kind),
  group_concat(done_at)
FROM activities_activity
WHERE id > %s AND id <= %s AND deal_id IS NOT NULL AND done_at IS NOT NULL AND cancelled_at IS NULL
