package connect

import "context"

// Accounts reads the connected accounts. It is safe for concurrent use.
type Accounts interface {
	// ConnectAccount returns the account, or ErrNoAccount.
	ConnectAccount(ctx context.Context, id string) (Account, error)
	// ConnectAccounts returns a page of the accounts that the filter selects,
	// newest first. An unknown account in f.After is ErrNoAccount.
	ConnectAccounts(ctx context.Context, f Filter) ([]Account, error)
}
