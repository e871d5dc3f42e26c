package store

import (
	"context"
	"crypto/rand"
	"fmt"

	"checkoutd/internal/store/sqldb"
)

// keySize is the length of a key in bytes.
const keySize = 32

// Key returns the named random key, which is created on first use and the same
// in every process. It is sealed at rest.
func (s *Store) Key(ctx context.Context, name string) ([]byte, error) {
	fresh := make([]byte, keySize)
	rand.Read(fresh) //nolint:errcheck // it never fails: https://pkg.go.dev/crypto/rand#Read

	name = "key " + name
	use := keySecrets.use(name)
	stored, err := s.settingOrSet(ctx, name, s.ring.Seal(use, fresh))
	if err != nil {
		return nil, err
	}

	key, err := s.ring.Open(use, stored)
	if err == nil && len(key) != keySize {
		err = fmt.Errorf("store: the stored key %q has %d bytes, want %d", name, len(key), keySize)
	}
	return key, err
}

const selectSetting = `SELECT value FROM settings WHERE name = $1`

// setting returns the named setting; ok is false if it is not set.
func (s *Store) setting(ctx context.Context, name string) (value []byte, ok bool, err error) {
	return sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanBytes, selectSetting, name)
}

// settingOrSet returns the named setting, and sets it first if it is not set.
func (s *Store) settingOrSet(ctx context.Context, name string, value []byte) ([]byte, error) {
	stored, ok, err := s.setting(ctx, name)
	if err != nil || ok {
		return stored, err
	}

	insert := sqldb.Command{
		Text: `INSERT INTO settings (name, value, created_at) VALUES ($1, $2, $3)
			ON CONFLICT (name) DO NOTHING`,
		Args: []any{name, value, sqldb.Micros(s.now())},
	}

	return writeThenRead(ctx, s.db, insert, sqldb.ScanBytes, sqldb.Command{
		Text: selectSetting,
		Args: []any{name},
	})
}
