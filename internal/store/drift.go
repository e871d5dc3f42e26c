package store

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"slices"
	"time"

	"checkoutd/internal/drift"
	"checkoutd/internal/orders"
	"checkoutd/internal/queue"
	"checkoutd/internal/store/sqldb"
)

// driftRun is a run as it is stored.
type driftRun struct {
	drift.Run

	createdAt time.Time
}

var (
	driftRunTable = sqldb.NewTable("drift_runs", func(r *driftRun) []sqldb.Cell {
		return []sqldb.Cell{
			sqldb.ID(&r.ID),
			sqldb.Text("day", &r.Day),
			sqldb.Text("account", &r.Account),
			sqldb.Time("from_at", &r.From),
			sqldb.Time("until_at", &r.Until),
			sqldb.Bool("whole", &r.Whole),
			sqldb.Text("state", &r.State),
			sqldb.Text("phase", &r.Phase),
			sqldb.Text("cursor_id", &r.Cursor),
			sqldb.Int("charges", &r.Charges),
			sqldb.Int("neighbours", &r.Neighbours),
			sqldb.Int("judged", &r.Judged),
			sqldb.Int("findings", &r.Findings),
			sqldb.Int("failures", &r.Failures),
			sqldb.Text("problem", &r.Problem),
			sqldb.Time("next_at", &r.NextAt),
			sqldb.Text("lease_token", &r.Claim.Token),
			sqldb.Time("began_at", &r.BeganAt),
			sqldb.Time("finished_at", &r.FinishedAt),
			sqldb.CreatedAt(&r.createdAt),
		}
	})
	driftFindingTable = sqldb.NewTable("drift_findings", func(f *drift.Finding) []sqldb.Cell {
		return []sqldb.Cell{
			sqldb.ID(&f.ID),
			sqldb.Text("kind", &f.Kind),
			sqldb.Text("account", &f.Account),
			sqldb.Text("day", &f.Day),
			sqldb.Text("order_id", &f.OrderID),
			sqldb.Text("intent_id", &f.IntentID),
			sqldb.Text("object_id", &f.ObjectID),
			sqldb.Text("currency", &f.Currency),
			sqldb.Int("at_stripe", &f.AtStripe),
			sqldb.Int("here", &f.Here),
			sqldb.Text("detail", &f.Detail),
			sqldb.Text("state", &f.State),
			sqldb.Text("note", &f.Note),
			sqldb.JSON("suspect", &f.Suspect),
			sqldb.CreatedAt(&f.FoundAt),
			sqldb.Time("seen_at", &f.SeenAt),
			sqldb.Time("closed_at", &f.ClosedAt),
		}
	})
)

func scanDriftRun(row sqldb.Row) (drift.Run, error) {
	r, err := driftRunTable.Scan(row)
	r.Claim.ID = r.ID
	return r.Run, err
}

// keptDrift is how long runs, and findings that are closed, are kept.
const keptDrift = 90 * 24 * time.Hour

// StartDrift adds a run, or begins it again; see drift.Store.
func (s *Store) StartDrift(ctx context.Context, r drift.Run, again bool) (begun bool, err error) {
	r.Claim = queue.Claim{}
	err = s.db.Transact(ctx, "drift", func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
		begun = true
		prev, known, err := sqldb.QueryOne(ctx, q, scanDriftRun,
			driftRunTable.Select()+" WHERE id = $1"+s.db.LockRow(), r.ID)
		if err != nil {
			return nil, err
		}

		if known && !prev.MayBegin(&r, again) {
			begun = false
			return nil, nil
		}

		insert := driftRunTable.Insert(&driftRun{Run: r}, s.now())
		insert.Text += " ON CONFLICT (id) DO NOTHING" // another server was faster
		before := sqldb.Micros(s.now().Add(-keptDrift))

		return []sqldb.Command{
			{Text: `DELETE FROM drift_objects WHERE run_id = $1`, Args: []any{r.ID}},
			{
				Text: `DELETE FROM drift_runs WHERE id = $1 OR created_at < $2 AND state <> 'running'`,
				Args: []any{r.ID, before},
			},
			{Text: `DELETE FROM drift_findings WHERE state <> 'open' AND closed_at < $1`, Args: []any{before}},
			insert,
		}, nil
	})

	return begun && err == nil, err
}

// ClaimDrift claims runs under a lease; see drift.Store.
func (s *Store) ClaimDrift(
	ctx context.Context, day string, now, leaseUntil time.Time, n int,
) (list []drift.Run, err error) {
	text := `WITH picked AS MATERIALIZED (
			SELECT id AS picked_id FROM drift_runs
			WHERE state = 'running' AND next_at <= $1 AND ($2 = '' OR day = $2) ORDER BY next_at, id LIMIT $3` +
		s.db.SkipLocked() + `)
		UPDATE drift_runs SET lease_token = $4, next_at = $5 FROM picked WHERE id = picked_id
		RETURNING ` + driftRunTable.Columns()

	token := rand.Text()
	err = s.db.Statement(ctx, func(ctx context.Context, q sqldb.Querier) (err error) {
		list, err = sqldb.QueryAll(ctx, q, scanDriftRun, text,
			sqldb.Micros(now), day, n, token, sqldb.Micros(leaseUntil))
		return err
	})

	return list, err
}

// ReleaseDrift ends a claim; see drift.Store.
func (s *Store) ReleaseDrift(ctx context.Context, claim queue.Claim, dueAt time.Time) error {
	return s.endClaim(ctx, `UPDATE drift_runs SET next_at = $3, lease_token = '' WHERE id = $1 AND lease_token = $2`,
		claim.ID, claim.Token, sqldb.Micros(dueAt))
}

// CommitDrift stores a step; see drift.Store.
func (s *Store) CommitDrift(ctx context.Context, step drift.Step) error {
	r := &step.Run
	effects := false
	err := s.db.Transact(ctx, "drift", func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
		if err := q.Run(ctx, sqldb.Command{
			Text: `UPDATE drift_runs SET state = $3, phase = $4, cursor_id = $5, charges = $6, neighbours = $7,
					judged = $8, failures = $9, problem = $10, next_at = $11, finished_at = $12, lease_token = ''
				WHERE id = $1 AND lease_token = $2`,
			Args: []any{
				r.Claim.ID, r.Claim.Token, string(r.State), r.Phase, r.Cursor, r.Charges, r.Neighbours, r.Judged,
				r.Failures, r.Problem, sqldb.Micros(r.NextAt), sqldb.Micros(r.FinishedAt),
			},
			IfNone: queue.ErrClaimLost,
		}); err != nil {
			return nil, err
		}

		news, err := s.saveFindings(ctx, q, step.Found)
		if err != nil {
			return nil, err
		}

		effects = news
		writes := noteObjects(&step)
		if r.State == drift.Done {
			writes = append(writes, endDrift(r)...)
		}

		return writes, nil
	})

	if err == nil && effects {
		s.effectsCommitted()
	}

	return err
}

// noteObjects returns the writes of what a step has seen and judged.
func noteObjects(step *drift.Step) (writes []sqldb.Command) {
	run := step.Run.ID
	for _, id := range step.Seen {
		writes = append(writes, sqldb.Command{
			Text: `INSERT INTO drift_objects (run_id, object_id, suspect) VALUES ($1, $2, '') ON CONFLICT DO NOTHING`,
			Args: []any{run, id},
		})
	}

	for _, sus := range step.Suspects {
		writes = append(writes, sqldb.Command{
			Text: `INSERT INTO drift_objects (run_id, object_id, suspect) VALUES ($1, $2, $3)
				ON CONFLICT (run_id, object_id) DO UPDATE SET suspect = excluded.suspect`,
			Args: []any{run, sus.Key, sqldb.EncodeJSON(sus)},
		})
	}

	for _, key := range step.Judged {
		writes = append(writes, sqldb.Command{
			Text: `UPDATE drift_objects SET suspect = '' WHERE run_id = $1 AND object_id = $2`,
			Args: []any{run, key},
		})
	}

	if step.Reopen {
		writes = append(writes, sqldb.Command{
			Text: `INSERT INTO drift_objects (run_id, object_id, suspect)
				SELECT $1, 'open/' || id, suspect FROM drift_findings WHERE account = $2 AND state = 'open'
				ON CONFLICT (run_id, object_id) DO UPDATE SET suspect = excluded.suspect`,
			Args: []any{run, step.Run.Account},
		})
	}

	return writes
}

// endDrift returns the writes of the end of a run.
func endDrift(r *drift.Run) []sqldb.Command {
	return []sqldb.Command{
		{
			Text: `UPDATE drift_findings SET state = 'gone', closed_at = $3
				WHERE account = $1 AND state = 'open' AND seen_at < $2`,
			Args: []any{r.Account, sqldb.Micros(r.BeganAt), sqldb.Micros(r.FinishedAt)},
		},
		{
			Text: `UPDATE drift_runs SET findings =
				(SELECT COUNT(*) FROM drift_findings f WHERE f.account = $2 AND f.state = 'open') WHERE id = $1`,
			Args: []any{r.ID, r.Account},
		},
		{Text: `DELETE FROM drift_objects WHERE run_id = $1`, Args: []any{r.ID}},
	}
}

// dismissedAsIs selects a finding that somebody dismissed with the amounts that
// it has again. With others it is another matter.
const dismissedAsIs = `drift_findings.state = 'dismissed'
	AND drift_findings.at_stripe = excluded.at_stripe AND drift_findings.here = excluded.here`

// saveFindings stores findings, and an effect of each that is new. It reports
// whether one is.
func (s *Store) saveFindings(ctx context.Context, q sqldb.Querier, found []drift.Finding) (news bool, err error) {
	if len(found) == 0 {
		return false, nil
	}

	// The effects of all findings are numbered together: one transaction at a
	// time.
	if _, err := sqldb.QueryAll(ctx, q, sqldb.ScanString,
		`SELECT id FROM drift_runs ORDER BY created_at, id LIMIT 1`+s.db.LockRow()); err != nil {
		return false, err
	}

	now := s.now()
	for i := range found {
		f := found[i]
		f.ID = orders.NewID("drf_")

		insert := driftFindingTable.Insert(&f, now)
		insert.Text += ` ON CONFLICT (account, kind, object_id) DO UPDATE SET seen_at = excluded.seen_at,
			at_stripe = excluded.at_stripe, here = excluded.here, detail = excluded.detail,
			order_id = excluded.order_id,
			state = CASE WHEN ` + dismissedAsIs + ` THEN 'dismissed' ELSE 'open' END,
			closed_at = CASE WHEN ` + dismissedAsIs + ` THEN drift_findings.closed_at ELSE 0 END
			RETURNING id`

		id, _, err := sqldb.QueryOne(ctx, q, sqldb.ScanString, insert.Text, insert.Args...)
		if err != nil {
			return false, err
		}
		if id != f.ID {
			continue
		}

		news = true

		err = q.Run(ctx, sqldb.Command{
			Text: insertEffectText,
			Args: []any{
				orders.NewID("eff_"), "", "", drift.EffectFound, f.ID, string(f.Kind), "{}",
				sqldb.Micros(now), sqldb.Micros(now), "",
			},
		})
		if err != nil {
			return false, err
		}
	}

	return news, nil
}

// DriftSuspects returns suspects of a run; see drift.Store.
func (s *Store) DriftSuspects(ctx context.Context, runID string, n int) ([]drift.Suspect, error) {
	return sqldb.QueryAll(ctx, s.db.Reader(), func(row sqldb.Row) (sus drift.Suspect, err error) {
		var text string
		if err := row.Scan(&sus.Key, &text); err != nil {
			return sus, err
		}
		return sus, json.Unmarshal([]byte(text), &sus)
	}, `SELECT object_id, suspect FROM drift_objects WHERE run_id = $1 AND suspect <> '' ORDER BY object_id LIMIT $2`,
		runID, n)
}

// DriftUnseen returns orders whose money a run has not seen; see drift.Store.
func (s *Store) DriftUnseen(ctx context.Context, r drift.Run, after string, n int) ([]string, error) {
	return sqldb.QueryAll(ctx, s.db.Reader(), sqldb.ScanString,
		`SELECT o.id AS order_id FROM orders o
			WHERE o.account = $2 AND o.paid_at > 0 AND o.paid_at >= $3 AND o.paid_at < $4 AND o.id > $5
				AND o.status = 'paid' AND o.amount > 0 AND NOT EXISTS (
					SELECT 1 FROM intents i JOIN drift_objects d ON d.run_id = $1 AND d.object_id = i.id
					WHERE i.order_id = o.id AND NOT i.renewal)
		UNION SELECT r.order_id FROM refunds r JOIN orders o ON o.id = r.order_id
			WHERE o.account = $2 AND r.created_at >= $3 AND r.created_at < $4 AND r.order_id > $5
				AND r.status NOT IN ('failed', 'canceled') AND NOT EXISTS (
					SELECT 1 FROM drift_objects d WHERE d.run_id = $1 AND d.object_id = r.id)
		ORDER BY order_id LIMIT $6`,
		r.ID, r.Account, sqldb.Micros(r.From), sqldb.Micros(r.Until), after, n)
}

// HasSubscriber reports whether a customer subscribed; see drift.Store.
func (s *Store) HasSubscriber(ctx context.Context, account, customerID string) (bool, error) {
	_, found, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanString,
		`SELECT s.id FROM subscriptions s JOIN orders o ON o.id = s.order_id
			WHERE s.customer_id = $1 AND o.account = $2 LIMIT 1`, customerID, account)
	return found, err
}

// LastDriftDay returns the last day of the own account that has a run.
func (s *Store) LastDriftDay(ctx context.Context) (string, error) {
	day, _, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanString,
		`SELECT COALESCE(MAX(day), '') FROM drift_runs WHERE account = ''`)
	return day, err
}

// FirstOrder returns when the first order was created, zero if there is none.
func (s *Store) FirstOrder(ctx context.Context) (time.Time, error) {
	micros, _, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanInt,
		`SELECT COALESCE(MIN(created_at), 0) FROM orders`)
	return sqldb.FromMicros(micros), err
}

// DriftRuns returns runs, newest first; see drift.Store.
func (s *Store) DriftRuns(ctx context.Context, day string, n int) ([]drift.Run, error) {
	return sqldb.QueryAll(ctx, s.db.Reader(), scanDriftRun,
		driftRunTable.Select()+` WHERE $1 = '' OR day = $1 ORDER BY day DESC, account LIMIT $2`, day, n)
}

// DriftFindings returns findings, newest first; see drift.Store.
func (s *Store) DriftFindings(
	ctx context.Context, state drift.FindingState, day string, n int,
) ([]drift.Finding, error) {
	list, err := sqldb.QueryAll(ctx, s.db.Reader(), driftFindingTable.Scan,
		driftFindingTable.Select()+` WHERE ($1 = '' OR state = $1) AND ($2 = '' OR day = $2)
			ORDER BY created_at DESC, id DESC LIMIT $3`, string(state), day, n)
	return slices.Clip(list), err
}

// DriftFinding returns a finding, or drift.ErrNoFinding.
func (s *Store) DriftFinding(ctx context.Context, id string) (drift.Finding, error) {
	f, found, err := sqldb.QueryOne(ctx, s.db.Reader(), driftFindingTable.Scan,
		driftFindingTable.Select()+" WHERE id = $1", id)
	if err == nil && !found {
		err = drift.ErrNoFinding
	}
	return f, err
}

// DismissDrift closes an open finding; see drift.Store.
func (s *Store) DismissDrift(ctx context.Context, id, note string, now time.Time) error {
	n, err := s.db.Exec(ctx, `UPDATE drift_findings SET state = 'dismissed', note = $2, closed_at = $3
		WHERE id = $1 AND state = 'open'`, id, note, sqldb.Micros(now))
	if err == nil && n == 0 {
		err = drift.ErrNoFinding
	}
	return err
}
