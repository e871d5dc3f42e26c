package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"checkoutd/internal/connect"
	"checkoutd/internal/connect/mirror"
	"checkoutd/internal/store/sqldb"
)

var mirrorAccountTable = sqldb.NewTable("mirror_accounts", mirrorCells)

// mirrorJobTable reads mirrors as work.
var mirrorJobTable = sqldb.NewTable("mirror_accounts", func(j *mirror.Job) []sqldb.Cell {
	return append(mirrorCells(&j.Mirror), sqldb.Text("lease_token", &j.Claim.Token))
})

func mirrorCells(m *mirror.Mirror) []sqldb.Cell {
	return []sqldb.Cell{
		sqldb.ID(&m.ID),
		sqldb.Time("since", &m.Since),
		sqldb.Time("connection_at", &m.ConnectionAt),
		sqldb.Time("first_at", &m.FirstAt),
		sqldb.Int("pass", &m.Pass),
		sqldb.Time("pass_from", &m.From),
		sqldb.Time("started_at", &m.StartedAt),
		sqldb.JSON("lists", &m.Lists),
		sqldb.Int("objects", &m.Objects),
		sqldb.Int("calls", &m.Calls),
		sqldb.Time("backfilled_at", &m.BackfilledAt),
		sqldb.Int("failures", &m.Failures),
		sqldb.Text("problem", &m.Problem),
		sqldb.Int("pause", (*int64)(&m.Pause)),
		sqldb.Time("next_at", &m.NextAt),
		sqldb.CreatedAt(&m.CreatedAt),
		sqldb.UpdatedAt(&m.UpdatedAt),
	}
}

// AddMirrors starts the mirrors of accounts that have none; see mirror.Store.
func (s *Store) AddMirrors(ctx context.Context, since, now time.Time) (int, error) {
	none, err := sqldb.QueryAll(ctx, s.db.Reader(), sqldb.ScanString, `SELECT c.id FROM connect_accounts c
		WHERE c.state = 'connected' AND NOT EXISTS (SELECT 1 FROM mirror_accounts m WHERE m.id = c.id)`)
	if err != nil {
		return 0, err
	}

	for _, id := range none {
		add := mirrorJobTable.Insert(&mirror.Job{Mirror: mirror.Mirror{
			ID:     id,
			Since:  since,
			NextAt: now,
		}}, s.now())
		if _, err := s.db.Exec(ctx, add.Text+" ON CONFLICT (id) DO NOTHING", add.Args...); err != nil {
			return 0, err
		}
	}

	return len(none), nil
}

// claimMirrorsText claims the mirrors that have been due longest. Those of
// accounts that are not connected are due at 0.
const claimMirrorsText = `WITH picked AS MATERIALIZED (
	SELECT m.id AS picked_id FROM mirror_accounts m
	WHERE m.lease_token = '' AND m.next_at <= $1 AND ($5 OR EXISTS (
		SELECT 1 FROM connect_accounts c WHERE c.id = m.id AND c.state = 'connected'))
	ORDER BY m.next_at LIMIT $2%s)
UPDATE mirror_accounts SET lease_token = $3, next_at = $4
FROM picked WHERE id = picked_id
RETURNING %s`

func (s *Store) claimMirrorsText() string {
	return fmt.Sprintf(claimMirrorsText, s.db.SkipLocked(), mirrorJobTable.Columns())
}

// ClaimMirrors leases mirrors; see mirror.Store.
func (s *Store) ClaimMirrors(
	ctx context.Context, now, leaseUntil time.Time, n int, gone bool,
) (jobs []mirror.Job, err error) {
	token := rand.Text()
	err = s.db.Statement(ctx, func(ctx context.Context, q sqldb.Querier) (err error) {
		jobs, err = sqldb.QueryAll(ctx, q, mirrorJobTable.Scan, s.claimMirrorsText(),
			sqldb.Micros(now), n, token, sqldb.Micros(leaseUntil), gone)
		return err
	})
	if err != nil || len(jobs) == 0 {
		return nil, err
	}

	ids := make([]string, len(jobs))
	for i := range jobs {
		ids[i] = jobs[i].ID
	}

	var w sqldb.Where
	sqldb.AddIn(&w, "id", ids)

	accounts, err := sqldb.QueryAll(ctx, s.db.Reader(), connectAccountTable.Scan,
		connectAccountTable.Select()+w.String(), w.Args()...)
	if err != nil {
		return nil, err
	}

	for i := range jobs {
		j := &jobs[i]
		j.Claim.ID = j.ID
		of := slices.IndexFunc(accounts, func(a connect.Account) bool { return a.ID == j.ID })
		j.Connected, j.ConnectedAt = accounts[of].IsConnected(), accounts[of].ConnectedAt
	}

	return jobs, nil
}

// RescueMirrors frees mirrors whose lease has expired; see mirror.Store.
func (s *Store) RescueMirrors(ctx context.Context, now time.Time) (int, error) {
	return s.db.Exec(ctx, `UPDATE mirror_accounts SET lease_token = ''
		WHERE id IN (SELECT id FROM mirror_accounts WHERE lease_token <> '' AND next_at <= $1`+s.db.SkipLocked()+`)`,
		sqldb.Micros(now))
}

// Mirror returns the mirror of an account; see mirror.Store.
func (s *Store) Mirror(ctx context.Context, account string) (mirror.Mirror, error) {
	m, ok, err := sqldb.QueryOne(ctx, s.db.Reader(), mirrorAccountTable.Scan,
		mirrorAccountTable.Select()+" WHERE id = $1", account)
	if err == nil && !ok {
		err = mirror.ErrNotMirrored
	}
	return m, err
}

var _ mirror.Store = (*Store)(nil)
