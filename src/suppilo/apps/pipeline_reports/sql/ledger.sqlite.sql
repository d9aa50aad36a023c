-- Entries of the ledger in a range of ids: each column as one text, all in the same order.
SELECT
  group_concat(id),
  group_concat(deal_id),
  group_concat(number),
  group_concat(to_stage_id),
  group_concat(coalesce(corrects_id, 0)),
  group_concat(at)
FROM deals_stagechange
WHERE id > %s AND id <= %s
