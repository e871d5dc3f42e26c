package store

import (
	"cmp"
	"context"

	"checkoutd/internal/connect"
	"checkoutd/internal/store/sqldb"
)

var connectAccountTable = sqldb.NewTable("connect_accounts", func(a *connect.Account) []sqldb.Cell {
	return []sqldb.Cell{
		sqldb.ID(&a.ID),
		sqldb.Text("reference", &a.Reference),
		sqldb.Text("scope", &a.Scope),
		sqldb.Bool("livemode", &a.Livemode),
		sqldb.Text("state", &a.State),
		sqldb.Int("connections", &a.Connections),
		sqldb.Bool("by_event", &a.ByEvent),
		sqldb.Text("disconnect_reason", &a.Reason),
		sqldb.Time("connected_at", &a.ConnectedAt),
		sqldb.Time("disconnected_at", &a.DisconnectedAt),
		sqldb.Bool("charges_enabled", &a.ChargesEnabled),
		sqldb.Bool("payouts_enabled", &a.PayoutsEnabled),
		sqldb.Text("country", &a.Country),
		sqldb.Text("default_currency", &a.DefaultCurrency),
		sqldb.Time("read_at", &a.ReadAt),
		sqldb.CreatedAt(&a.CreatedAt),
		sqldb.UpdatedAt(&a.UpdatedAt),
	}
})

// ConnectAccount returns the account, or connect.ErrNoAccount.
func (s *Store) ConnectAccount(ctx context.Context, id string) (connect.Account, error) {
	a, ok, err := sqldb.QueryOne(ctx, s.db.Reader(), connectAccountTable.Scan,
		connectAccountTable.Select()+" WHERE id = $1", id)
	if err == nil && !ok {
		err = connect.ErrNoAccount
	}
	return a, err
}

// ConnectAccounts returns a page of accounts; see connect.Accounts.
func (s *Store) ConnectAccounts(ctx context.Context, f connect.Filter) ([]connect.Account, error) {
	var w sqldb.Where
	sqldb.AddIn(&w, "state", f.States)

	if f.Reference != "" {
		w.AddArg("reference <> '' AND reference =", f.Reference)
	}

	if f.App != "" {
		active := appActive + w.Arg(sqldb.Micros(f.PastDueFrom)) + "))"
		if f.App == connect.AppInactive {
			active = "NOT " + active
		}
		w.Add(active)
	}

	if f.After != "" {
		last, err := s.ConnectAccount(ctx, f.After)
		if err != nil {
			return nil, err
		}

		w.Add("(created_at, id) < (" + w.Arg(sqldb.Micros(last.CreatedAt)) + ", " + w.Arg(last.ID) + ")")
	}

	return sqldb.QueryAll(ctx, s.db.Reader(), connectAccountTable.Scan,
		connectAccountTable.Select()+w.String()+
			" ORDER BY created_at DESC, id DESC LIMIT "+w.Arg(cmp.Or(f.Limit, 100)), w.Args()...)
}

// ChargedAccounts returns the connected accounts that orders are charged in.
func (s *Store) ChargedAccounts(ctx context.Context) ([]string, error) {
	return sqldb.QueryAll(ctx, s.db.Reader(), sqldb.ScanString,
		`SELECT id FROM connect_accounts a
			WHERE state = 'connected' AND EXISTS (SELECT 1 FROM orders o WHERE o.account = a.id AND o.account <> '')
			ORDER BY id`)
}

// ChangeConnectAccount changes an account under its lock and returns it. An
// account that is not stored has no State; it is added if change sets one.
func (s *Store) ChangeConnectAccount(
	ctx context.Context, id string, change func(*connect.Account) error,
) (a connect.Account, err error) {
	err = s.db.Transact(ctx, id, func(ctx context.Context, q sqldb.Querier) (writes []sqldb.Command, err error) {
		var prev []any
		a, prev, err = s.lockConnectAccount(ctx, q, id)
		if err != nil {
			return nil, err
		}
		if err := change(&a); err != nil {
			return nil, err
		}

		return s.saveConnectAccount(prev, &a)
	})
	if err == nil && a.State == "" {
		err = connect.ErrNoAccount
	}

	return a, err
}

// lockConnectAccount locks an account and returns it with its values, which
// are nil if it is not stored.
func (s *Store) lockConnectAccount(
	ctx context.Context, q sqldb.Querier, id string,
) (a connect.Account, prev []any, err error) {
	a, ok, err := sqldb.QueryOne(ctx, q, connectAccountTable.Scan,
		connectAccountTable.Select()+" WHERE id = $1"+s.db.LockRow(), id)
	if err != nil || !ok {
		return connect.Account{ID: id}, nil, err
	}
	return a, connectAccountTable.Values(&a), nil
}

// saveConnectAccount returns the statements that store a locked account. One
// that another transaction has added meanwhile makes the transaction run again.
func (s *Store) saveConnectAccount(prev []any, a *connect.Account) ([]sqldb.Command, error) {
	now := s.now()
	switch {
	case prev != nil:
		writes, err := connectAccountTable.Update(prev, a, now)
		if len(writes) > 0 && !a.IsConnected() {
			writes = append(writes, stopMirror(a.ID))
		}

		return writes, err

	case a.State == "":
		return nil, nil
	}

	insert := connectAccountTable.Insert(a, now)
	insert.Text += " ON CONFLICT DO NOTHING"
	insert.IfNone = sqldb.ErrTryAgain

	return []sqldb.Command{insert}, nil
}
