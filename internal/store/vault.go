package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"checkoutd/internal/sealed"
	"checkoutd/internal/store/sqldb"
	"checkoutd/internal/webhooks"
)

// secrets is a column whose values are sealed.
type secrets struct {
	table, key, column string
	text               bool   // rather than a blob
	only               string // which rows, "" for all
}

var (
	intentSecrets = secrets{table: "intents", key: "id", column: "client_secret", text: true}
	keySecrets    = secrets{
		table:  "settings",
		key:    "name",
		column: "value",
		only:   `name LIKE 'key %'`,
	}
	// An event's payload holds the client secret of its intent, and the buyer's
	// name and addresses.
	payloadSecrets = secrets{table: "events", key: "id", column: "payload"}
	// An answer of the API holds what the order holds, and perhaps a token that
	// opens it.
	answerSecrets = secrets{
		table:  "api_requests",
		key:    "id",
		column: "answer",
		only:   `length(answer) > 0`,
	}
	// The seed of a request makes the token of the order that it creates.
	seedSecrets = secrets{
		table:  "api_requests",
		key:    "id",
		column: "seed",
		text:   true,
		only:   `seed <> ''`,
	}
	endpointSecrets = secrets{table: "endpoints", key: "id", column: "secrets", text: true}
	// A receiver may answer with what it was sent, which names the buyer.
	excerptSecrets = secrets{table: "delivery_tries", key: "id", column: "excerpt", text: true}
	// What Stripe's page is to be filled with names a person.
	linkSecrets = secrets{
		table:  "connect_links",
		key:    "id",
		column: "terms",
		text:   true,
		only:   `terms <> ''`,
	}
	// The private keys of https.
	certificateSecrets = secrets{
		table:  "certificates",
		key:    "id",
		column: "private_key",
		text:   true,
	}
	certificateOrderSecrets = secrets{
		table:  "certificates",
		key:    "id",
		column: "order_key",
		text:   true,
	}
)

// use names a value of the column for its seal.
func (c secrets) use(id string) string { return c.table + "." + c.column + "/" + id }

// canary is the beginning of the names of the settings that hold a known value
// sealed under each key in use, so that a missing key is noticed at start.
const (
	canary      = "canary "
	canaryValue = "checkoutd"
	// sealedUnder is the setting with the ID of the key that all values are
	// sealed under.
	sealedUnder = "sealed under"
)

// CheckKeys returns an error unless the keys of the configuration open what the
// database holds. It notes that the first key is in use, before anything is
// sealed under it.
func (s *Store) CheckKeys(ctx context.Context) error {
	type setting struct {
		name  string
		value []byte
	}

	stored, err := sqldb.QueryAll(ctx, s.db.Reader(), func(row sqldb.Row) (v setting, err error) {
		return v, row.Scan(&v.name, &v.value)
	}, `SELECT name, value FROM settings WHERE name LIKE 'canary %' ORDER BY name`)
	if err != nil {
		return err
	}

	for _, c := range stored {
		_, err := s.ring.Open(c.name, c.value)
		id := strings.TrimPrefix(c.name, canary)

		switch {
		case errors.Is(err, sealed.ErrNoKey) && len(s.ring.KeyIDs()) == 0:
			return fmt.Errorf("DATA_KEY is not set, and the database holds values that are encrypted under the key "+
				"with ID %s: set it to that key", id)
		case errors.Is(err, sealed.ErrNoKey):
			return fmt.Errorf("DATA_KEY lacks the key with ID %s, under which the database holds values (it has %s): "+
				"add that key behind the others", id, strings.Join(s.ring.KeyIDs(), ", "))
		case err != nil:
			return fmt.Errorf("DATA_KEY: the database's sample for the key with ID %s does not open: %w", id, err)
		}
	}

	if ids := s.ring.KeyIDs(); len(ids) > 0 {
		name := canary + ids[0]
		_, err = s.settingOrSet(ctx, name, s.ring.Seal(name, []byte(canaryValue)))
	}

	return err
}

// resealPage is how many rows Reseal looks at, and at most writes, at a time.
const resealPage = 100

// Reseal seals everything under the first key that is in clear or under another
// key, and returns how many values there were. It may run beside servers, and
// be interrupted: the next one goes on. Afterwards the other keys are not
// needed, unless a replica that still runs has another first key.
func (s *Store) Reseal(ctx context.Context) (n int, err error) {
	ids := s.ring.KeyIDs()
	if len(ids) == 0 {
		return 0, nil
	}

	done, _, err := s.setting(ctx, sealedUnder)
	if err != nil || len(ids) == 1 && string(done) == ids[0] {
		return 0, err
	}

	for _, c := range []secrets{
		keySecrets, intentSecrets, payloadSecrets, answerSecrets, seedSecrets, endpointSecrets, excerptSecrets,
		linkSecrets,
		certificateSecrets, certificateOrderSecrets,
	} {
		written, err := s.resealColumn(ctx, c)
		n += written
		if err != nil {
			return n, err
		}
	}

	return n, s.db.Transact(ctx, sealedUnder, func(context.Context, sqldb.Querier) ([]sqldb.Command, error) {
		return []sqldb.Command{
			{
				Text: `INSERT INTO settings (name, value, created_at) VALUES ($1, $2, $3)
					ON CONFLICT (name) DO UPDATE SET value = excluded.value, created_at = excluded.created_at`,
				Args: []any{sealedUnder, []byte(ids[0]), sqldb.Micros(s.now())},
			},
			{
				Text: `DELETE FROM settings WHERE name LIKE 'canary %' AND name <> $1`,
				Args: []any{canary + ids[0]},
			},
		}, nil
	})
}

func (s *Store) resealColumn(ctx context.Context, c secrets) (n int, err error) {
	for last, more := "", true; more && err == nil; {
		var written int
		last, more, written, err = s.resealRows(ctx, c, last)
		n += written
	}
	return n, err
}

// resealRows looks at the rows that follow the one with the key last.
func (s *Store) resealRows(
	ctx context.Context, c secrets, last string,
) (next string, more bool, written int, err error) {
	type head struct {
		id    string
		value []byte
	}

	where := ` WHERE ` + c.key + ` > $1`
	if c.only != "" {
		where += ` AND ` + c.only
	}

	page, err := sqldb.QueryAll(ctx, s.db.Reader(), func(row sqldb.Row) (h head, err error) {
		return h, row.Scan(&h.id, &h.value)
	}, fmt.Sprintf(`SELECT %s, substr(%s, 1, %d) FROM %s%s ORDER BY %[1]s LIMIT %[6]d`,
		c.key, c.column, sealed.HeadSize, c.table, where, resealPage), last)
	if err != nil || len(page) == 0 {
		return last, false, 0, err
	}

	var stale []string
	for _, h := range page {
		if !s.ring.IsCurrent(h.value) {
			stale = append(stale, h.id)
		}
	}

	if len(stale) > 0 {
		err = s.db.Transact(ctx, "", func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
			return s.resealValues(ctx, q, c, stale)
		})
	}

	return page[len(page)-1].id, len(page) == resealPage, len(stale), err
}

// resealValues returns the statements that seal the values of rows under the
// first key. A value that was written since it was read stays: it is sealed.
func (s *Store) resealValues(
	ctx context.Context, q sqldb.Querier, c secrets, ids []string,
) (writes []sqldb.Command, err error) {
	for _, id := range ids {
		value, ok, err := sqldb.QueryOne(ctx, q, sqldb.ScanBytes,
			`SELECT `+c.column+` FROM `+c.table+` WHERE `+c.key+` = $1`, id)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}

		prev, next, err := c.reseal(s.ring, id, value)
		if err != nil {
			return nil, err
		}

		writes = append(writes, sqldb.Command{
			Text: `UPDATE ` + c.table + ` SET ` + c.column + ` = $3 WHERE ` + c.key + ` = $1 AND ` + c.column + ` = $2`,
			Args: []any{id, prev, next},
		})
	}

	return writes, nil
}

// reseal returns a value as it is stored, and sealed under the first key.
func (c secrets) reseal(r *sealed.Ring, id string, value []byte) (prev, next any, err error) {
	if c.text {
		plain, err := r.OpenText(c.use(id), string(value))
		return string(value), r.SealText(c.use(id), plain), err
	}
	plain, err := r.Open(c.use(id), value)
	return value, r.Seal(c.use(id), plain), err
}

// scanEvent reads an event with its payload. One that was tampered with keeps
// its stored bytes: its own processing fails then, and not that of the events
// that are claimed with it.
func (s *Store) scanEvent(row sqldb.Row) (webhooks.Event, error) {
	e, err := eventTable.Scan(row)
	if err == nil {
		_ = s.openPayload(&e)
	}
	return e, err
}
