package store

import (
	"context"
	"time"

	"checkoutd/internal/connect/dashboard"
	"checkoutd/internal/store/sqldb"
)

var dashboardTable = sqldb.NewTable("connect_dashboards", func(d *dashboard.Dashboard) []sqldb.Cell {
	return []sqldb.Cell{
		sqldb.ID(&d.ID),
		sqldb.Text("account_id", &d.AccountID),
		sqldb.JSON("components", &d.Components),
		sqldb.Bytes("link_hash", &d.LinkHash),
		sqldb.Time("link_expires_at", &d.LinkExpiresAt),
		sqldb.Bytes("session_hash", &d.SessionHash),
		sqldb.Time("expires_at", &d.ExpiresAt),
		sqldb.CreatedAt(&d.CreatedAt),
	}
})

// AddDashboard stores a link, and removes some that have expired, so that the
// table stays as small as what is in use.
func (s *Store) AddDashboard(ctx context.Context, d dashboard.Dashboard) error {
	insert := dashboardTable.Insert(&d, s.now())
	insert.Text += " ON CONFLICT DO NOTHING"

	return s.db.Statement(ctx, func(ctx context.Context, q sqldb.Querier) error {
		return q.Run(ctx, insert, sqldb.Command{
			Text: `DELETE FROM connect_dashboards WHERE id IN (SELECT id FROM connect_dashboards
				WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2` + s.db.SkipLocked() + `)`,
			Args: []any{sqldb.Micros(d.CreatedAt), sweep},
		})
	})
}

// OpenDashboard turns a link into a session; see dashboard.Store.
func (s *Store) OpenDashboard(
	ctx context.Context, linkHash, sessionHash []byte, now, until time.Time,
) (d dashboard.Dashboard, err error) {
	err = s.db.Statement(ctx, func(ctx context.Context, q sqldb.Querier) error {
		return q.Run(ctx, sqldb.Command{
			Text: `UPDATE connect_dashboards SET session_hash = $2, expires_at = $4
				WHERE link_hash = $1 AND session_hash = $5 AND link_expires_at > $3`,
			Args:   []any{linkHash, sessionHash, sqldb.Micros(now), sqldb.Micros(until), []byte{}},
			IfNone: dashboard.ErrClosed,
		})
	})
	if err != nil {
		return d, err
	}

	return s.Dashboard(ctx, sessionHash, now)
}

// Dashboard returns a session; see dashboard.Store.
func (s *Store) Dashboard(ctx context.Context, sessionHash []byte, now time.Time) (dashboard.Dashboard, error) {
	d, ok, err := sqldb.QueryOne(ctx, s.db.Reader(), dashboardTable.Scan,
		dashboardTable.Select()+" WHERE session_hash = $1 AND session_hash <> $2 AND expires_at > $3",
		nonNil(sessionHash), []byte{}, sqldb.Micros(now))
	if err == nil && !ok {
		err = dashboard.ErrClosed
	}
	return d, err
}

// CloseDashboard ends a session; see dashboard.Store.
func (s *Store) CloseDashboard(ctx context.Context, sessionHash []byte) error {
	_, err := s.db.Exec(ctx, `DELETE FROM connect_dashboards WHERE session_hash = $1 AND session_hash <> $2`,
		nonNil(sessionHash), []byte{})
	return err
}
