-- Entries of the ledger in a range of ids: each column as one text, all in the same order.
SELECT
  string_agg(id::text, ','),
  string_agg(deal_id::text, ','),
  string_agg(number::text, ','),
  string_agg(to_stage_id::text, ','),
  string_agg(
    (case when corrects_id is null then 0 when from_stage_id = to_stage_id then -corrects_id else corrects_id end)::text, ','),
  string_agg(to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), ',')
FROM deals_stagechange
WHERE id > %s AND id <= %s
