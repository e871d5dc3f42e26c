package store

import (
	"bytes"
	"cmp"
	"context"
	"time"

	"checkoutd/internal/api"
	"checkoutd/internal/store/sqldb"
)

// newAPIRequestTable maps the requests with an Idempotency-Key. Their answers
// are sealed apart, as blobs.
func newAPIRequestTable(v sqldb.Vault) *sqldb.Table[api.Request] {
	return sqldb.NewTable("api_requests", func(r *api.Request) []sqldb.Cell {
		return []sqldb.Cell{
			sqldb.ID(&r.ID),
			sqldb.Bytes("key_hash", &r.KeyHash),
			sqldb.Bytes("fingerprint", &r.Fingerprint),
			sqldb.Text("lease_token", &r.Lease),
			sqldb.Time("lease_until", &r.LeaseUntil),
			sqldb.Secret("seed", &r.Seed, v, func() string { return seedSecrets.use(r.ID) }),
			sqldb.Bytes("answer", &r.Answer),
			sqldb.Text("order_id", &r.OrderID),
			sqldb.CreatedAt(&r.CreatedAt),
			sqldb.Time("expires_at", &r.ExpiresAt),
		}
	})
}

// BeginRequest stores a request or returns the one with the same key; see
// api.RequestStore.
func (s *Store) BeginRequest(
	ctx context.Context, r api.Request, now time.Time,
) (stored api.Request, begun bool, err error) {
	err = s.db.Transact(ctx, string(r.KeyHash), func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
		stored, begun = r, true

		insert := s.apiRequestTable.Insert(&stored, now)
		insert.Text += " ON CONFLICT (key_hash) DO NOTHING"
		inserted, err := sqldb.Exec(ctx, q, insert.Text, insert.Args...)
		if err != nil || inserted > 0 {
			return nil, err
		}

		found, ok, err := sqldb.QueryOne(ctx, q, s.apiRequestTable.Scan,
			s.apiRequestTable.Select()+" WHERE key_hash = $1"+s.db.LockRow(), r.KeyHash)
		switch {
		case err != nil:
			return nil, err
		case !ok:
			return nil, sqldb.ErrTryAgain // it was removed a moment ago
		case !now.Before(found.ExpiresAt):
			insert = s.apiRequestTable.Insert(&stored, now)
			return []sqldb.Command{{Text: `DELETE FROM api_requests WHERE id = $1`, Args: []any{found.ID}}, insert}, nil
		}

		stored = found
		begun = len(found.Answer) == 0 && !now.Before(found.LeaseUntil) && bytes.Equal(found.Fingerprint, r.Fingerprint)
		if !begun {
			return nil, nil
		}

		prev := s.apiRequestTable.Values(&found)
		stored.Lease, stored.LeaseUntil = r.Lease, r.LeaseUntil
		stored.Seed = cmp.Or(found.Seed, r.Seed) // a former release stored none

		return s.apiRequestTable.Update(prev, &stored, now)
	})
	if err == nil && len(stored.Answer) > 0 {
		stored.Answer, err = s.ring.Open(answerSecrets.use(stored.ID), stored.Answer)
	}
	if err != nil {
		return api.Request{}, false, err
	}

	return stored, begun, nil
}

// FinishRequest stores the answer of a request; see api.RequestStore.
func (s *Store) FinishRequest(ctx context.Context, id, lease, orderID string, answer []byte) error {
	_, err := s.db.Exec(ctx, `UPDATE api_requests SET answer = $3, order_id = $4, lease_until = 0
		WHERE id = $1 AND lease_token = $2`, id, lease, s.ring.Seal(answerSecrets.use(id), answer), orderID)
	return err
}

// ReleaseRequest ends the lease of a request; see api.RequestStore.
func (s *Store) ReleaseRequest(ctx context.Context, id, lease string) error {
	_, err := s.db.Exec(ctx, `UPDATE api_requests SET lease_until = 0 WHERE id = $1 AND lease_token = $2`, id, lease)
	return err
}

// ForgetRequest removes a request; see api.RequestStore.
func (s *Store) ForgetRequest(ctx context.Context, id, lease string) error {
	_, err := s.db.Exec(ctx, `DELETE FROM api_requests WHERE id = $1 AND lease_token = $2`, id, lease)
	return err
}

// DeleteRequests removes requests that have expired; see api.RequestStore.
func (s *Store) DeleteRequests(ctx context.Context, now time.Time, n int) (int, error) {
	return s.db.Exec(ctx, `DELETE FROM api_requests WHERE id IN (SELECT id FROM api_requests
		WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2`+s.db.SkipLocked()+`)`, sqldb.Micros(now), n)
}
