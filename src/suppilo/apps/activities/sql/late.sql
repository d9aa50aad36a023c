-- How many things of a user's are late: activities, and next steps that are not activities too.
SELECT
  (
    SELECT COUNT(*) FROM activities_activity AS a
    WHERE a.owner_id = %(owner)s AND a.done_at IS NULL AND a.cancelled_at IS NULL
      AND a.due_at < %(now)s AND (a.has_time OR a.due_at < %(start)s)
  ) + (
    SELECT COUNT(*) FROM deals_deal AS d
    WHERE d.owner_id = %(owner)s AND d.state = 'open'
      AND d.next_step_at < %(now)s AND (d.next_step_has_time OR d.next_step_at < %(start)s)
      AND NOT EXISTS (
        SELECT 1 FROM activities_activity AS a
        WHERE a.deal_id = d.id AND a.due_at = d.next_step_at AND a.subject = d.next_step
          AND a.done_at IS NULL AND a.cancelled_at IS NULL
      )
  )
