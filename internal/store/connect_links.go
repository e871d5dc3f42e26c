package store

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"checkoutd/internal/connect"
	"checkoutd/internal/orders"
	"checkoutd/internal/store/sqldb"
)

var _ connect.Store = (*Store)(nil)

// connectLink is a row of the table: the terms, which name a person, are sealed
// as one text.
type connectLink struct {
	connect.Link

	terms string // JSON, "" for none
}

func newLinkTable(v sqldb.Vault) *sqldb.Table[connectLink] {
	return sqldb.NewTable("connect_links", func(l *connectLink) []sqldb.Cell {
		return []sqldb.Cell{
			sqldb.ID(&l.ID),
			sqldb.Bytes("token_hash", &l.TokenHash),
			sqldb.Text("reference", &l.Reference),
			sqldb.Text("scope", &l.Scope),
			sqldb.Bool("livemode", &l.Livemode),
			sqldb.Secret("terms", &l.terms, v, func() string { return linkSecrets.use(l.ID) }),
			sqldb.Text("return_url", &l.ReturnURL),
			sqldb.Text("state", &l.State),
			sqldb.Text("problem", &l.Problem),
			sqldb.Text("account_id", &l.AccountID),
			sqldb.Bytes("taken_state", &l.TakenState),
			sqldb.Time("exchange_at", &l.ExchangeAt),
			sqldb.CreatedAt(&l.CreatedAt),
			sqldb.UpdatedAt(&l.UpdatedAt),
			sqldb.Time("expires_at", &l.ExpiresAt),
		}
	})
}

// linkRow returns the row of a link.
func linkRow(l connect.Link) (connectLink, error) {
	text, err := json.Marshal(l.Terms)
	if string(text) == "{}" {
		text = nil
	}
	return connectLink{Link: l, terms: string(text)}, err
}

func (s *Store) scanLink(row sqldb.Row) (connect.Link, error) {
	l, err := s.linkTable.Scan(row)
	if err == nil && l.terms != "" {
		err = json.Unmarshal([]byte(l.terms), &l.Terms)
	}
	return l.Link, err
}

// AddConnectLink stores a link; see connect.Store.
func (s *Store) AddConnectLink(ctx context.Context, l connect.Link) (stored connect.Link, err error) {
	err = s.db.Transact(ctx, l.ID, func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
		var err error
		if stored, _, err = s.lockLink(ctx, q, "id = $1", l.ID); !errors.Is(err, connect.ErrNoLink) {
			return nil, err
		}

		row, err := linkRow(l)
		if err != nil {
			return nil, err
		}
		insert := s.linkTable.Insert(&row, s.now())
		insert.Text += " ON CONFLICT DO NOTHING"
		insert.IfNone = sqldb.ErrTryAgain
		stored = row.Link

		return []sqldb.Command{insert}, nil
	})
	return stored, err
}

// ConnectLink returns the link, or connect.ErrNoLink.
func (s *Store) ConnectLink(ctx context.Context, id string) (connect.Link, error) {
	l, ok, err := sqldb.QueryOne(ctx, s.db.Reader(), s.scanLink, s.linkTable.Select()+" WHERE id = $1", id)
	if err == nil && !ok {
		err = connect.ErrNoLink
	}
	return l, err
}

// lockLink locks the link that a condition selects, and returns it with its
// values.
func (s *Store) lockLink(
	ctx context.Context, q sqldb.Querier, condition string, arg any,
) (l connect.Link, prev []any, err error) {
	l, ok, err := sqldb.QueryOne(ctx, q, s.scanLink,
		s.linkTable.Select()+" WHERE "+condition+s.db.LockRow(), arg)
	if err == nil && !ok {
		err = connect.ErrNoLink
	}
	if err != nil {
		return l, nil, err
	}

	row, err := linkRow(l)
	return l, s.linkTable.Values(&row), err
}

// saveLink returns the statements that store a locked link.
func (s *Store) saveLink(prev []any, l connect.Link) ([]sqldb.Command, error) {
	row, err := linkRow(l)
	if err != nil {
		return nil, err
	}
	return s.linkTable.Update(prev, &row, s.now())
}

// AddConnectState stores a state of a link.
func (s *Store) AddConnectState(ctx context.Context, st connect.AuthState) error {
	_, err := s.db.Exec(ctx, `INSERT INTO connect_states (hash, link_id, browser_hash, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5)`,
		st.Hash, st.LinkID, st.BrowserHash, sqldb.Micros(st.CreatedAt), sqldb.Micros(st.ExpiresAt))
	return err
}

// TakeConnectState deletes a state and changes its link; see connect.Store.
func (s *Store) TakeConnectState(
	ctx context.Context, stateHash, browserHash []byte, now time.Time, change func(*connect.Link) error,
) (l connect.Link, taken bool, err error) {
	err = s.db.Transact(ctx, string(stateHash), func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
		var links []string
		err := q.Run(ctx, sqldb.Command{
			Text: `DELETE FROM connect_states WHERE hash = $1 AND browser_hash = $2 AND expires_at > $3
				RETURNING link_id`,
			Args: []any{stateHash, browserHash, sqldb.Micros(now)},
			Row:  sqldb.AppendTo(&links, sqldb.ScanString),
		})
		if err != nil {
			return nil, err
		}

		if taken = len(links) > 0; !taken {
			l, _, err = s.lockLink(ctx, q, "length(taken_state) > 0 AND taken_state = $1", stateHash)
			return nil, err
		}

		var prev []any
		if l, prev, err = s.lockLink(ctx, q, "id = $1", links[0]); err != nil {
			return nil, err
		}
		if err := change(&l); err != nil {
			return nil, err
		}
		return s.saveLink(prev, l)
	})
	return l, taken && err == nil, err
}

// UpdateConnection changes an account and a link together; see connect.Store.
func (s *Store) UpdateConnection(
	ctx context.Context, at connect.At, change func(*connect.Connection) error,
) (c connect.Connection, err error) {
	key := at.AccountID
	if key == "" {
		key = at.LinkID
	}

	err = s.db.Transact(ctx, key, func(ctx context.Context, q sqldb.Querier) (writes []sqldb.Command, err error) {
		c = connect.Connection{}
		var prevAccount, prevLink []any
		if at.AccountID != "" {
			if c.Account, prevAccount, err = s.lockConnectAccount(ctx, q, at.AccountID); err != nil {
				return nil, err
			}
		}

		if at.LinkID != "" {
			var l connect.Link
			if l, prevLink, err = s.lockLink(ctx, q, "id = $1", at.LinkID); err != nil {
				return nil, err
			}
			c.Link = &l
		}

		before := c.Account.State
		if err := change(&c); err != nil {
			return nil, err
		}

		return s.saveConnection(&c, before, prevAccount, prevLink, at)
	})

	if err == nil && len(c.Happened) > 0 {
		s.effectsCommitted()
	}

	return c, err
}

// saveConnection returns the statements that store what a change made of an
// account, which was in the state before, and a link.
func (s *Store) saveConnection(
	c *connect.Connection, before connect.State, prevAccount, prevLink []any, at connect.At,
) (writes []sqldb.Command, err error) {
	now := s.now()
	if at.AccountID != "" {
		if writes, err = s.saveConnectAccount(prevAccount, &c.Account); err != nil {
			return nil, err
		}
	}

	if c.Link != nil {
		link, err := s.saveLink(prevLink, *c.Link)
		if err != nil {
			return nil, err
		}
		writes = append(writes, link...)
	}

	if before == connect.Connected && !c.Account.IsConnected() {
		writes = append(writes, endAccess(c.Account.ID)...)
	}

	for _, kind := range c.Happened {
		writes = append(writes, insertAccountEffect(&c.Account, kind, now))
	}

	if at.Claim != nil {
		writes = append(writes, finishDone(at.Claim, "", now)...)
	}

	return writes, nil
}

// endAccess returns the statements that end, with the connection of an account,
// whatever gives access to it. A table of such things adds its statement here.
// What works for an account, as its mirror does, looks at the account with each
// commit.
func endAccess(accountID string) []sqldb.Command {
	return []sqldb.Command{
		{Text: `DELETE FROM connect_dashboards WHERE account_id = $1`, Args: []any{accountID}},
	}
}

// insertAccountEffect returns the statement that adds an effect about an
// account. It happens once for each time that the account was connected.
func insertAccountEffect(a *connect.Account, kind string, now time.Time) sqldb.Command {
	at := sqldb.Micros(now)
	return sqldb.Command{
		Text: insertEffectText,
		Args: []any{
			orders.NewID("eff_"), "", a.ID, kind, strconv.FormatInt(a.Connections, 10), string(a.State), "{}", at, at, "",
		},
	}
}

// ExchangingLinks returns the links whose exchange has no outcome yet; see
// connect.Store.
func (s *Store) ExchangingLinks(ctx context.Context, from, to time.Time) ([]connect.Link, error) {
	return sqldb.QueryAll(ctx, s.db.Reader(), s.scanLink,
		s.linkTable.Select()+` WHERE state = 'exchanging' AND exchange_at >= $1 AND exchange_at <= $2
			ORDER BY exchange_at`,
		sqldb.Micros(from), sqldb.Micros(to))
}

// StaleAccounts returns connected accounts that were not read for long; see
// connect.Store.
func (s *Store) StaleAccounts(ctx context.Context, readBefore time.Time, n int) ([]connect.Account, error) {
	return sqldb.QueryAll(ctx, s.db.Reader(), connectAccountTable.Scan,
		connectAccountTable.Select()+` WHERE state = 'connected' AND read_at < $1 ORDER BY read_at LIMIT $2`,
		sqldb.Micros(readBefore), n)
}

// SweepConnectLinks forgets what has expired; see connect.Store.
func (s *Store) SweepConnectLinks(ctx context.Context, now, before time.Time) error {
	return s.db.Transact(ctx, "", func(context.Context, sqldb.Querier) ([]sqldb.Command, error) {
		at, old := sqldb.Micros(now), sqldb.Micros(before)
		return []sqldb.Command{
			{Text: `DELETE FROM connect_states WHERE expires_at <= $1`, Args: []any{at}},
			{Text: `UPDATE connect_links SET terms = '' WHERE expires_at <= $1 AND terms <> ''`, Args: []any{at}},
			{
				Text: `DELETE FROM connect_links WHERE expires_at <= $1
					AND id NOT IN (SELECT link_id FROM connect_states)`,
				Args: []any{old},
			},
		}, nil
	})
}
