-- What names the ledger's contents: it only grows, unless an import is undone.
SELECT count(*), coalesce(max(id), 0),
  (SELECT max(recorded_at) FROM deals_stagechange WHERE id = (SELECT max(id) FROM deals_stagechange))
FROM deals_stagechange
