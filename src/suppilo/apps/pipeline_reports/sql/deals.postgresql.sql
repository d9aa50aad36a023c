-- All deals: each column as one text, all in the same order; money in ten-thousandths.
SELECT
  string_agg(id::text, ','),
  string_agg(coalesce(owner_id, 0)::text, ','),
  string_agg(coalesce(team_id, 0)::text, ','),
  string_agg(coalesce(lost_reason_id, 0)::text, ','),
  string_agg((amount * 10000)::bigint::text, ','),
  string_agg(coalesce((cost * 10000)::bigint, -9223372036854775807)::text, ','),
  string_agg(currency, ','),
  json_agg(channel)::text
FROM deals_deal
