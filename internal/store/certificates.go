package store

import (
	"context"
	"crypto/rand"
	"time"

	"checkoutd/internal/certificates"
	"checkoutd/internal/store/sqldb"
)

func newCertificateTable(v sqldb.Vault) *sqldb.Table[certificates.Certificate] {
	return sqldb.NewTable("certificates", func(c *certificates.Certificate) []sqldb.Cell {
		return []sqldb.Cell{
			sqldb.ID(&c.ID),
			sqldb.Text("domain", &c.Domain),
			sqldb.Text("directory", &c.Directory),
			sqldb.Text("chain", &c.Chain),
			sqldb.Secret("private_key", &c.Key, v, func() string { return certificateSecrets.use(c.ID) }),
			sqldb.Time("not_before", &c.NotBefore),
			sqldb.Time("not_after", &c.NotAfter),
			sqldb.Text("order_url", &c.OrderURL),
			sqldb.Secret("order_key", &c.OrderKey, v, func() string { return certificateOrderSecrets.use(c.ID) }),
			sqldb.Text("challenge", &c.Challenge),
			sqldb.Int("tries", &c.Tries),
			sqldb.Text("problem", &c.Problem),
			sqldb.Time("failed_at", &c.FailedAt),
			sqldb.Time("next_at", &c.NextAt),
			sqldb.Text("lease_token", &c.LeaseToken),
			sqldb.CreatedAt(&c.CreatedAt),
			sqldb.UpdatedAt(&c.UpdatedAt),
		}
	})
}

var challengeTable = sqldb.NewTable("certificate_challenges", func(c *certificates.Challenge) []sqldb.Cell {
	return []sqldb.Cell{
		sqldb.Text("token", &c.Token),
		sqldb.Text("domain", &c.Domain),
		sqldb.Text("kind", &c.Kind),
		sqldb.Time("expires_at", &c.ExpiresAt),
		sqldb.CreatedAt(&c.CreatedAt),
	}
})

// AddCertificates stores those that are not there; see certificates.Store.
func (s *Store) AddCertificates(ctx context.Context, list []certificates.Certificate) error {
	return s.db.Statement(ctx, func(ctx context.Context, q sqldb.Querier) error {
		for i := range list {
			insert := s.certificateTable.Insert(&list[i], s.now())
			insert.Text += " ON CONFLICT (id) DO NOTHING"
			if err := q.Run(ctx, insert); err != nil {
				return err
			}
		}
		return nil
	})
}

// Certificates returns the certificates of a CA; see certificates.Store.
func (s *Store) Certificates(ctx context.Context, directory string) ([]certificates.Certificate, error) {
	return sqldb.QueryAll(ctx, s.db.Reader(), s.certificateTable.Scan,
		s.certificateTable.Select()+" WHERE $1 = '' OR directory = $1 ORDER BY domain, directory", directory)
}

// ClaimCertificate leases a certificate; see certificates.Store.
func (s *Store) ClaimCertificate(
	ctx context.Context, id string, now, leaseUntil time.Time,
) (c certificates.Certificate, ok bool, err error) {
	err = s.db.Statement(ctx, func(ctx context.Context, q sqldb.Querier) (err error) {
		c, ok, err = sqldb.QueryOne(ctx, q, s.certificateTable.Scan,
			`UPDATE certificates SET lease_token = $2, next_at = $4 WHERE id = $1 AND next_at <= $3
				RETURNING `+s.certificateTable.Columns(),
			id, rand.Text(), sqldb.Micros(now), sqldb.Micros(leaseUntil))
		return err
	})
	return c, ok, err
}

// SaveCertificate stores what has become of a claimed certificate; see
// certificates.Store.
func (s *Store) SaveCertificate(ctx context.Context, c certificates.Certificate, release bool) error {
	return s.db.Transact(ctx, c.ID, func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
		stored, ok, err := sqldb.QueryOne(ctx, q, s.certificateTable.Scan,
			s.certificateTable.Select()+" WHERE id = $1"+s.db.LockRow(), c.ID)
		if err != nil {
			return nil, err
		}
		if !ok || stored.LeaseToken != c.LeaseToken {
			return nil, certificates.ErrLost
		}

		next := c
		if release {
			next.LeaseToken = ""
		}

		return s.certificateTable.Update(s.certificateTable.Values(&stored), &next, s.now())
	})
}

// RenewCertificates makes the certificates of a domain due, and returns how
// many there are. One that a server is getting stays as it is.
func (s *Store) RenewCertificates(ctx context.Context, domain string, now time.Time) (int, error) {
	return s.db.Exec(ctx, `UPDATE certificates SET next_at = $2 WHERE domain = $1 AND lease_token = ''`,
		domain, sqldb.Micros(now))
}

// AddChallenge stores a challenge; see certificates.Store.
func (s *Store) AddChallenge(ctx context.Context, c certificates.Challenge) error {
	insert := challengeTable.Insert(&c, s.now())
	insert.Text += ` ON CONFLICT (token) DO UPDATE SET domain = excluded.domain, kind = excluded.kind,
		expires_at = excluded.expires_at, created_at = excluded.created_at`

	return s.db.Statement(ctx, func(ctx context.Context, q sqldb.Querier) error {
		return q.Run(ctx, insert, sqldb.Command{
			Text: `DELETE FROM certificate_challenges WHERE expires_at <= $1`,
			Args: []any{sqldb.Micros(c.CreatedAt)},
		})
	})
}

// ChallengeByToken returns a challenge; see certificates.Store.
func (s *Store) ChallengeByToken(ctx context.Context, token string, now time.Time) (certificates.Challenge, error) {
	return s.challenge(ctx, "kind = $1 AND token = $2 AND expires_at > $3", certificates.HTTP01, token, now)
}

// ChallengeOf returns the newest challenge of a domain; see certificates.Store.
func (s *Store) ChallengeOf(ctx context.Context, domain string, now time.Time) (certificates.Challenge, error) {
	return s.challenge(ctx, "kind = $1 AND domain = $2 AND expires_at > $3 ORDER BY created_at DESC, token LIMIT 1",
		certificates.TLSALPN01, domain, now)
}

func (s *Store) challenge(
	ctx context.Context, where string, kind certificates.Kind, name string, now time.Time,
) (certificates.Challenge, error) {
	c, ok, err := sqldb.QueryOne(ctx, s.db.Reader(), challengeTable.Scan,
		challengeTable.Select()+" WHERE "+where, string(kind), name, sqldb.Micros(now))
	if err == nil && !ok {
		err = certificates.ErrNotFound
	}
	return c, err
}

var _ certificates.Store = (*Store)(nil)
