-- Entries of the ledger in a range of ids: each column as one text, all in the same order.
SELECT
  string_agg(id::text, ','),
  string_agg(deal_id::text, ','),
  string_agg(number::text, ','),
  string_agg(to_stage_id::text, ','),
  string_agg(coalesce(corrects_id, 0)::text, ','),
  string_agg(to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), ',')
FROM deals_stagechange
WHERE id > %s AND id <= %s
