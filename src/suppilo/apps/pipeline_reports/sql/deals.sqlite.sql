-- All deals: each column as one text, all in the same order; money in ten-thousandths.
SELECT
  group_concat(id),
  group_concat(coalesce(owner_id, 0)),
  group_concat(coalesce(team_id, 0)),
  group_concat(coalesce(lost_reason_id, 0)),
  group_concat(CAST(round(amount * 10000) AS INTEGER)),
  group_concat(coalesce(CAST(round(cost * 10000) AS INTEGER), -9223372036854775807)),
  group_concat(currency),
  json_group_array(channel)
FROM deals_deal
