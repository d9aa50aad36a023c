-- What names the deals' columns: a deal's revision grows with each change of it.
SELECT count(*), coalesce(max(id), 0), coalesce(sum(revision), 0), max(updated_at)
FROM deals_deal
