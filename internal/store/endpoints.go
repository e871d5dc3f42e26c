package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"checkoutd/internal/deliveries"
	"checkoutd/internal/store/sqldb"
)

// endpoint is a row of the table: its secrets are sealed as one text.
type endpoint struct {
	deliveries.Endpoint

	secrets string // JSON
}

func newEndpointTable(v sqldb.Vault) *sqldb.Table[endpoint] {
	return sqldb.NewTable("endpoints", func(e *endpoint) []sqldb.Cell {
		return []sqldb.Cell{
			sqldb.ID(&e.ID),
			sqldb.Text("url", &e.URL),
			sqldb.JSON("types", &e.Types),
			sqldb.Secret("secrets", &e.secrets, v, func() string { return endpointSecrets.use(e.ID) }),
			sqldb.Text("state", &e.State),
			sqldb.Text("reason", &e.Reason),
			sqldb.Text("source", &e.Source),
			sqldb.Time("enabled_at", &e.EnabledAt),
			sqldb.Time("last_success_at", &e.LastSuccessAt),
			sqldb.Time("failing_since", &e.FailingSince),
			sqldb.Time("told_at", &e.ToldAt),
			sqldb.CreatedAt(&e.CreatedAt),
			sqldb.UpdatedAt(&e.UpdatedAt),
		}
	})
}

// rowOf returns the row of an endpoint.
func rowOf(e deliveries.Endpoint) (endpoint, error) {
	text, err := json.Marshal(e.Secrets)
	if e.Types == nil {
		e.Types = []string{}
	}
	return endpoint{Endpoint: e, secrets: string(text)}, err
}

// scanEndpoint reads an endpoint. One whose secrets cannot be opened is an
// error: it must not be skipped in silence.
func (s *Store) scanEndpoint(row sqldb.Row) (deliveries.Endpoint, error) {
	e, err := s.endpointTable.Scan(row)
	if err == nil {
		err = json.Unmarshal([]byte(e.secrets), &e.Secrets)
	}
	return e.Endpoint, err
}

// Endpoints returns all endpoints, oldest first; see deliveries.Store.
func (s *Store) Endpoints(ctx context.Context) ([]deliveries.Endpoint, error) {
	return sqldb.QueryAll(ctx, s.db.Reader(), s.scanEndpoint,
		s.endpointTable.Select()+" ORDER BY created_at, id")
}

// AddEndpoint stores a new endpoint.
func (s *Store) AddEndpoint(ctx context.Context, e deliveries.Endpoint) error {
	row, err := rowOf(e)
	if err != nil {
		return err
	}
	insert := s.endpointTable.Insert(&row, s.now())
	_, err = s.db.Exec(ctx, insert.Text, insert.Args...)
	return err
}

// ChangeEndpoint changes an endpoint under its lock; see deliveries.Admin.
func (s *Store) ChangeEndpoint(
	ctx context.Context, id string, change func(*deliveries.Endpoint) error,
) (after deliveries.Endpoint, err error) {
	err = s.db.Transact(ctx, id, func(ctx context.Context, q sqldb.Querier) (writes []sqldb.Command, err error) {
		after, writes, err = s.changeEndpoint(ctx, q, id, change)
		return writes, err
	})
	return after, err
}

// changeEndpoint locks an endpoint and returns the statements that store what
// change makes of it.
func (s *Store) changeEndpoint(
	ctx context.Context, q sqldb.Querier, id string, change func(*deliveries.Endpoint) error,
) (e deliveries.Endpoint, writes []sqldb.Command, err error) {
	e, err = s.lockEndpoint(ctx, q, id)
	if err != nil {
		return e, nil, err
	}

	before, err := rowOf(e)
	if err != nil {
		return e, nil, err
	}

	prev := s.endpointTable.Values(&before)
	e.Types, e.Secrets = slices.Clone(e.Types), slices.Clone(e.Secrets)
	if err := change(&e); err != nil {
		return e, nil, err
	}

	row, err := rowOf(e)
	if err != nil {
		return e, nil, err
	}

	now := s.now()
	writes, err = s.endpointTable.Update(prev, &row, now)
	if err == nil && before.State == deliveries.Enabled && e.State == deliveries.Disabled {
		writes = append(writes, failPending(e, now))
	}

	return e, writes, err
}

// lockEndpoint reads an endpoint and locks it until the transaction ends.
func (s *Store) lockEndpoint(ctx context.Context, q sqldb.Querier, id string) (deliveries.Endpoint, error) {
	e, ok, err := sqldb.QueryOne(ctx, q, s.scanEndpoint,
		s.endpointTable.Select()+" WHERE id = $1"+s.db.LockRow(), id)
	if err == nil && !ok {
		err = deliveries.ErrNotFound
	}
	return e, err
}

// waitsForNobody selects the pending deliveries that no worker holds at $1.
const waitsForNobody = `state = 'pending' AND (lease_token = '' OR next_at <= $1)`

// failPending returns the statement that ends the deliveries to an endpoint
// that is switched off. One that is on its way ends by itself.
func failPending(e deliveries.Endpoint, now time.Time) sqldb.Command {
	return sqldb.Command{
		Text: `UPDATE deliveries SET state = 'failed', note = $3, next_at = 0, lease_token = '', finished_at = $1
			WHERE endpoint_id = $2 AND ` + waitsForNobody,
		Args: []any{sqldb.Micros(now), e.ID, switchedOff + e.Reason},
	}
}

// EndOrphans fails the deliveries that wait for endpoints that are off; see
// deliveries.Store.
func (s *Store) EndOrphans(ctx context.Context, now time.Time) (ended int, err error) {
	ids, err := sqldb.QueryAll(ctx, s.db.Reader(), sqldb.ScanString, `SELECT e.id FROM endpoints e
		WHERE e.state = 'disabled' AND EXISTS (SELECT 1 FROM deliveries
			WHERE endpoint_id = e.id AND `+waitsForNobody+`)`, sqldb.Micros(now))
	if err != nil {
		return 0, err
	}

	for _, id := range ids {
		var n int64
		err := s.db.Transact(ctx, id, func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
			e, err := s.lockEndpoint(ctx, q, id)
			if err != nil || e.State != deliveries.Disabled { // it was switched on meanwhile
				return nil, err
			}
			end := failPending(e, now)
			end.Count = &n
			return []sqldb.Command{end}, nil
		})
		if ended += int(n); err != nil && !errors.Is(err, deliveries.ErrNotFound) {
			return ended, err
		}
	}

	return ended, nil
}

// switchedOff begins the note of a delivery whose endpoint was switched off.
const switchedOff = "the endpoint is off: "

// RemoveEndpoint removes an endpoint with its deliveries; see deliveries.Admin.
func (s *Store) RemoveEndpoint(ctx context.Context, id string) error {
	return s.db.Transact(ctx, id, func(context.Context, sqldb.Querier) ([]sqldb.Command, error) {
		return []sqldb.Command{
			{
				Text: `DELETE FROM delivery_tries
					WHERE delivery_id IN (SELECT id FROM deliveries WHERE endpoint_id = $1)`,
				Args: []any{id},
			},
			{Text: `DELETE FROM deliveries WHERE endpoint_id = $1`, Args: []any{id}},
			{Text: `DELETE FROM endpoints WHERE id = $1`, Args: []any{id}, IfNone: deliveries.ErrNotFound},
		}, nil
	})
}

// ConfigureEndpoints makes the endpoints of the configuration what list says,
// by their URLs, and switches those off that it lacks: all of it or, with an
// error, none. One that was switched off otherwise stays so.
func (s *Store) ConfigureEndpoints(ctx context.Context, list []deliveries.Endpoint) error {
	known, err := s.Endpoints(ctx)
	if err != nil {
		return err
	}

	known = slices.DeleteFunc(known, func(e deliveries.Endpoint) bool { return e.Source != deliveries.FromConfiguration })
	// Two replicas that start lock them in the same order.
	slices.SortFunc(known, func(a, b deliveries.Endpoint) int { return cmp.Compare(a.ID, b.ID) })

	return s.db.Transact(ctx, "ENDPOINTS", func(ctx context.Context, q sqldb.Querier) (writes []sqldb.Command, err error) {
		for _, e := range known {
			i := slices.IndexFunc(list, func(want deliveries.Endpoint) bool { return want.URL == e.URL })
			_, changes, err := s.changeEndpoint(ctx, q, e.ID, func(e *deliveries.Endpoint) error {
				if i < 0 {
					leaveOut(e)
				} else {
					configure(e, list[i])
				}
				return nil
			})
			if err != nil {
				return nil, err
			}

			writes = append(writes, changes...)
		}

		for _, e := range list {
			if slices.ContainsFunc(known, func(k deliveries.Endpoint) bool { return k.URL == e.URL }) {
				continue
			}

			row, err := rowOf(e)
			if err != nil {
				return nil, err
			}

			insert := s.endpointTable.Insert(&row, s.now())
			// Another replica may have added it a moment before.
			insert.Text += " ON CONFLICT (url) WHERE source = 'configuration' DO NOTHING"
			writes = append(writes, insert)
		}

		return writes, nil
	})
}

// configure makes an endpoint what the configuration says.
func configure(e *deliveries.Endpoint, want deliveries.Endpoint) {
	e.Types, e.Secrets = want.Types, want.Secrets
	if e.Reason == deliveries.NotConfigured {
		e.Enable(want.EnabledAt)
	}
}

// leaveOut switches off an endpoint that the configuration lacks.
func leaveOut(e *deliveries.Endpoint) {
	if e.State == deliveries.Enabled {
		e.Disable(deliveries.NotConfigured)
	}
}
