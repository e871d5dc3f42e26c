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

// UnshownEndpoint returns the last endpoint of a kind whose secret was not
// shown; see golive.Ledger.
func (s *Store) UnshownEndpoint(ctx context.Context, connect bool) (m golive.Made, ok bool, err error) {
	return sqldb.QueryOne(ctx, s.db.Reader(), goliveEndpointTable.Scan, goliveEndpointTable.Select()+
		" WHERE connect = $1 AND state IN ('begun', 'made') ORDER BY created_at DESC, id DESC LIMIT 1", connect)
}

// KeepEndpoint stores an endpoint, or what became of it; see golive.Ledger.
func (s *Store) KeepEndpoint(ctx context.Context, m golive.Made) error {
	return s.db.Statement(ctx, func(ctx context.Context, q sqldb.Querier) error {
		insert := goliveEndpointTable.Insert(&m, s.now())
		insert.Text += ` ON CONFLICT (id) DO UPDATE SET endpoint_id = excluded.endpoint_id, state = excluded.state,
			updated_at = excluded.updated_at`
		return q.Run(ctx, insert)
	})
}
