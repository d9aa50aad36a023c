-- Entries of the ledger in a range of ids: each column as one text, all in the same order.
SELECT
  group_concat(id),
  group_concat(deal_id),
  group_concat(number),
  group_concat(to_stage_id),
  group_concat(
    case when corrects_id is null then 0 when from_stage_id = to_stage_id then -corrects_id else corrects_id end),
  group_concat(at)
FROM deals_stagechange
WHERE id > %s AND id <= %s
