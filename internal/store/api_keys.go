package store

import (
	"context"
	"time"

	"checkoutd/internal/api"
	"checkoutd/internal/store/sqldb"
)

var apiKeyTable = sqldb.NewTable("api_keys", func(k *api.Key) []sqldb.Cell {
	return []sqldb.Cell{
		sqldb.ID(&k.ID),
		sqldb.Text("name", &k.Name),
		sqldb.Bytes("hash", &k.Hash),
		sqldb.Text("hint", &k.Hint),
		sqldb.Text("scope", &k.Scope),
		sqldb.Bool("livemode", &k.Livemode),
		sqldb.CreatedAt(&k.CreatedAt),
		sqldb.Time("last_used_at", &k.LastUsedAt),
		sqldb.Time("revoked_at", &k.RevokedAt),
	}
})

// noteKeyUse is how exactly the last use of a key is kept, so that using a key
// is a read on all but one of a minute's requests.
const noteKeyUse = time.Minute

// CreateAPIKey stores a new key.
func (s *Store) CreateAPIKey(ctx context.Context, k api.Key) error {
	return s.db.Statement(ctx, func(ctx context.Context, q sqldb.Querier) error {
		return q.Run(ctx, apiKeyTable.Insert(&k, s.now()))
	})
}

// APIKeys returns all keys, revoked ones too, oldest first.
func (s *Store) APIKeys(ctx context.Context) ([]api.Key, error) {
	return sqldb.QueryAll(ctx, s.db.Reader(), apiKeyTable.Scan,
		apiKeyTable.Select()+" ORDER BY created_at, id")
}

// UseAPIKey returns the valid key with that hash; see api.KeyStore.
func (s *Store) UseAPIKey(ctx context.Context, hash []byte, now time.Time) (k api.Key, ok bool, err error) {
	k, ok, err = sqldb.QueryOne(ctx, s.db.Reader(), apiKeyTable.Scan,
		apiKeyTable.Select()+" WHERE hash = $1", hash)
	if err != nil || !ok || !k.RevokedAt.IsZero() {
		return api.Key{}, false, err
	}

	if now.Sub(k.LastUsedAt) >= noteKeyUse {
		_, err = s.db.Exec(ctx, `UPDATE api_keys SET last_used_at = $2 WHERE id = $1 AND last_used_at < $2`,
			k.ID, sqldb.Micros(now))
	}

	return k, err == nil, err
}

// RevokeAPIKey ends a key for good, or returns api.ErrNoKey. One that is
// revoked stays as it is.
func (s *Store) RevokeAPIKey(ctx context.Context, id string, now time.Time) error {
	return s.db.Statement(ctx, func(ctx context.Context, q sqldb.Querier) error {
		return q.Run(ctx, sqldb.Command{
			Text: `UPDATE api_keys SET revoked_at = CASE WHEN revoked_at = 0 THEN $2 ELSE revoked_at END
				WHERE id = $1`,
			Args:   []any{id, sqldb.Micros(now)},
			IfNone: api.ErrNoKey,
		})
	})
}
