// Package memory keeps the sandbox's objects: a store of accounts, transactions
// on one account, and the state file.
//
// A Store is locked by its callers, around a transaction or a read. Objects are
// immutable, so that what a caller found stays valid after the lock is gone.
package memory
