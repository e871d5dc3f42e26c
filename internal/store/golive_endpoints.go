package store

import (
	"context"

	"checkoutd/internal/golive"
	"checkoutd/internal/store/sqldb"
)

var goliveEndpointTable = sqldb.NewTable("golive_endpoints", func(m *golive.Made) []sqldb.Cell {
	return []sqldb.Cell{
		sqldb.ID(&m.ID),
		sqldb.Bool("connect", &m.Connect),
		sqldb.Text("url", &m.URL),
		sqldb.Text("endpoint_id", &m.EndpointID),
		sqldb.Text("state", &m.State),
		sqldb.CreatedAt(&m.CreatedAt),
		sqldb.UpdatedAt(&m.UpdatedAt),
	}
})

const unshownEndpoint = " WHERE connect = $1 AND state IN ('begun', 'made')"

// UnshownEndpoint returns the endpoint of a kind whose secret was not shown;
// see golive.Ledger.
func (s *Store) UnshownEndpoint(ctx context.Context, connect bool) (m golive.Made, ok bool, err error) {
	return sqldb.QueryOne(ctx, s.db.Reader(), goliveEndpointTable.Scan,
		goliveEndpointTable.Select()+unshownEndpoint, connect)
}

// BeginEndpoint stores that the creation of an endpoint begins; see
// golive.Ledger. The unique index golive_endpoints_unshown decides who is
// first.
func (s *Store) BeginEndpoint(ctx context.Context, m golive.Made, former string) (first golive.Made, err error) {
	err = s.db.Transact(ctx, "", func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
		_, err := sqldb.Exec(ctx, q, `UPDATE golive_endpoints SET state = 'given_up', updated_at = $2
			WHERE id = $1 AND state IN ('begun', 'made')`, former, sqldb.Micros(s.now()))
		if err != nil {
			return nil, err
		}

		insert := goliveEndpointTable.Insert(&m, s.now())
		insert.Text += " ON CONFLICT DO NOTHING"

		if err := q.Run(ctx, insert); err != nil {
			return nil, err
		}

		found, ok, err := sqldb.QueryOne(ctx, q, goliveEndpointTable.Scan,
			goliveEndpointTable.Select()+unshownEndpoint, m.Connect)
		if err == nil && !ok {
			err = sqldb.ErrTryAgain // the other call has just ended
		}

		first = found

		return nil, err
	})

	return first, err
}

// KeepEndpoint stores what became of an endpoint; see golive.Ledger.
func (s *Store) KeepEndpoint(ctx context.Context, m golive.Made) error {
	_, err := s.db.Exec(ctx, `UPDATE golive_endpoints SET endpoint_id = $2, state = $3, updated_at = $4 WHERE id = $1`,
		m.ID, m.EndpointID, m.State, sqldb.Micros(s.now()))
	return err
}
